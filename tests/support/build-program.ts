import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from 'esbuild'
import { build } from 'esbuild'
import { ROOT } from './run.ts'

/** A bundled file finds what lies beside its source, such as the migrations. */
const keepPlaces: Plugin = {
  name: 'keep-places',
  setup: (esbuild) =>
    esbuild.onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(
        'import.meta.url',
        JSON.stringify(pathToFileURL(path).href),
      ),
      loader: 'ts',
    })),
}

const built = new Map<string, Promise<string>>()

/**
 * Builds one of our programs into one file, once per test file, and returns its path. It starts ten times as fast as
 * from its sources, which matters to those who kill it by the dozen.
 */
export function buildProgram(entry: string): Promise<string> {
  const known = built.get(entry) ?? bundle(entry)
  built.set(entry, known)
  return known
}

async function bundle(entry: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'ferry-program-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const outfile = join(directory, `${basename(entry, '.ts')}.mjs`)
  await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifyWhitespace: true,
    minifySyntax: true,
    plugins: [keepPlaces],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'\nconst require = __createRequire(import.meta.url)",
    },
    logLevel: 'error',
  })
  return outfile
}
