/** Builds the Action into one file. It is committed: whoever uses the Action runs it as it lies in the repository. */
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = resolve(import.meta.dirname, '..')
export const ACTION_BUNDLE = join('action', 'dist', 'index.cjs')

/** The bundle's text. The same sources give the same bytes on every machine. */
export async function bundleAction(): Promise<string> {
  const built = await build({
    absWorkingDir: ROOT,
    entryPoints: [join('action', 'main.ts')],
    outfile: ACTION_BUNDLE,
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    // CommonJS under its own ending: in this repository a `.js` would be taken for a module.
    format: 'cjs',
    legalComments: 'none',
    logLevel: 'warning',
  })
  return built.outputFiles[0]?.text ?? ''
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { mkdir, writeFile } = await import('node:fs/promises')
  await mkdir(join(ROOT, 'action', 'dist'), { recursive: true })
  await writeFile(join(ROOT, ACTION_BUNDLE), await bundleAction())
}
