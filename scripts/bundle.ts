/**
 * Builds the programs that run elsewhere, each as one self-contained file: `npm run bundle`.
 * Native code is embedded, packed; at its first use it is written to a private directory, loaded, and the file removed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { build, type Plugin } from 'esbuild'
import { z } from 'zod'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')

/** What is built: the program's entry and the file it becomes. */
export interface Bundle {
  readonly entry: string
  readonly file: string
}

const AGENT_BUNDLES: readonly Bundle[] = [
  { entry: 'agent/source/main.ts', file: 'dist/agent/ferry-agent.mjs' },
  { entry: 'agent/receiver/main.ts', file: 'dist/agent/ferry-receiver.mjs' },
]

const Manifest = z.object({ version: z.string() })

/** A module with native code, and where npm puts its binaries: below `scope`, one folder for each platform. */
interface NativeModule {
  readonly name: string
  readonly scope: string
  /** Finds platform and architecture, as Node names them, in a folder's name. */
  readonly folder: RegExp
  /** The binary in such a folder, for the C library that Node itself is built with. */
  readonly binary: (folder: string) => string | undefined
  /** The module that stands in for it, given `load()`, which returns the binary's exports. */
  readonly exports: string
}

const NATIVE: readonly NativeModule[] = [
  {
    name: '@napi-rs/blake-hash',
    scope: 'node_modules/@napi-rs',
    folder: /^blake-hash-([a-z0-9]+)-([a-z0-9]+)-gnu$/,
    binary: (folder) => readdirSync(folder).find((entry) => entry.endsWith('.node')),
    exports: 'export const { blake3 } = load()',
  },
  {
    name: 'koffi',
    scope: 'node_modules/@koromix',
    folder: /^koffi-([a-z0-9]+)-([a-z0-9]+)$/,
    binary: (folder) =>
      readdirSync(folder)
        .filter((entry) => !entry.startsWith('musl'))
        .map((entry) => join(entry, 'koffi.node'))
        .find((entry) => existsSync(join(folder, entry))),
    exports: 'export default load()',
  },
]

/** Puts in place of a native module a loader with the binaries of all its installed platform packages. */
const embed = (native: NativeModule): Plugin => ({
  name: `embed ${native.name}`,
  setup(esbuild) {
    esbuild.onResolve({ filter: new RegExp(`^${native.name}$`) }, ({ path }) => ({
      path,
      namespace: native.name,
    }))
    esbuild.onLoad({ filter: /.*/, namespace: native.name }, () => ({
      contents: loaderSource(native, platformBinaries(native)),
      resolveDir: ROOT,
      loader: 'js',
    }))
  },
})

/** Half of the size in a tenth of a second; the best would take seconds of each test that builds. */
const QUICKLY = { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } }

/** The `.node` files that npm installed, by `platform-arch`, packed: every thread holds the text of the whole file. */
function platformBinaries({ scope, folder, binary }: NativeModule): Record<string, string> {
  const found: Record<string, string> = {}
  // An optional module that could not be installed has no folder: its users have another way.
  for (const name of existsSync(join(ROOT, scope)) ? readdirSync(join(ROOT, scope)) : []) {
    const [, platform, arch] = folder.exec(name) ?? []
    const file = platform === undefined ? undefined : binary(join(ROOT, scope, name))
    if (file !== undefined)
      found[`${platform}-${arch}`] = brotliCompressSync(
        readFileSync(join(ROOT, scope, name, file)),
        QUICKLY,
      ).toString('base64')
  }
  return found
}

/**
 * A module that loads the binary for the machine it runs on, and throws where there is none: whoever imports it has another
 * way. The first thread unpacks it and keeps the removed file open; the others load that same file, which costs no memory
 * and no time. The environment is what threads get of their parent; a program of our own gets it, too, and another number.
 */
const loaderSource = ({ name, exports }: NativeModule, binaries: Record<string, string>): string => `
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
const binaries = ${JSON.stringify(binaries)}
const unpacked = ${JSON.stringify(`FERRY_NATIVE_${name.replace(/\W+/g, '_').toUpperCase()}`)}
function loaded(file) {
  const module = { exports: {} }
  process.dlopen(module, file)
  return module.exports
}
function again() {
  const [pid, fd] = (process.env[unpacked] ?? '').split(':')
  if (pid !== String(process.pid)) return undefined
  try {
    return loaded('/proc/self/fd/' + fd)
  } catch {
    return undefined
  }
}
function load() {
  const known = again()
  if (known) return known
  const binary = binaries[process.platform + '-' + process.arch]
  if (!binary) throw new Error('no native code of ${name} for this platform')
  let problem
  for (const place of [tmpdir(), process.env.FERRY_HOME, homedir()]) {
    if (!place) continue
    let directory
    try {
      directory = mkdtempSync(join(place, 'ferry-'))
      const file = join(directory, 'native.node')
      writeFileSync(file, brotliDecompressSync(Buffer.from(binary, 'base64')), { mode: 0o700 })
      const exports = loaded(file)
      process.env[unpacked] = process.pid + ':' + openSync(file, 'r')
      return exports
    } catch (cause) {
      problem = cause
    } finally {
      if (directory) rmSync(directory, { recursive: true, force: true })
    }
  }
  throw problem
}
${exports}
`

/** Of what zod can say in fifty languages only English is ever read, and every thread holds the text of the whole file. */
const oneLanguage: Plugin = {
  name: 'one language',
  setup(esbuild) {
    esbuild.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js'",
      loader: 'js',
    }))
  },
}

/** Builds one program. Repeatable; equal sources give equal bytes. */
async function bundle({ entry, file }: Bundle, plugins: Plugin[], directory: string): Promise<string> {
  const { version } = Manifest.parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')))
  const outfile = join(directory, file)
  await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
    // Every thread parses the whole file: half of it is half the time. Names stay, for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'\nconst require = __createRequire(import.meta.url)",
    },
    define: { FERRY_VERSION: JSON.stringify(version) },
    plugins,
    logLevel: 'warning',
  })
  return outfile
}

/** Builds the source agent and the receiver below `directory`, the repository by default; returns the paths. */
export async function buildAgents(directory = ROOT): Promise<string[]> {
  return Promise.all(
    AGENT_BUNDLES.map((each) => bundle(each, [...NATIVE.map(embed), oneLanguage], directory)),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const file of await buildAgents()) process.stdout.write(`${file}\n`)
}
