import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * `npm run check`: everything that must hold before a change goes in, the quick gates first. Stops at the first that
 * does not hold, with exit code 1. FERRY_TEST_REPORT names a file for the results of the tests, as JSON.
 */

interface Gate {
  readonly name: string
  /** What to do when it does not hold. */
  readonly remedy: string
  readonly holds: () => boolean
}

const ROOT = join(import.meta.dirname, '..')
/** Bundles that are committed, because those who use them install nothing. */
const COMMITTED_BUNDLES = ['action/dist']

const GATES: readonly Gate[] = [
  { name: 'format', remedy: 'npm run format', holds: () => tool('prettier', '--check', '.') },
  { name: 'lint', remedy: 'mend what it names', holds: () => tool('eslint', '.') },
  { name: 'types', remedy: 'mend what it names', holds: () => tool('tsc', '-p', '.') },
  {
    name: 'generated files',
    remedy: 'npm run generate, and commit what changed',
    holds: () => quietly(process.execPath, ['--import', 'tsx', join('scripts', 'generate.ts'), '--check']),
  },
  { name: 'bundles', remedy: 'npm run bundle, and commit what changed', holds: bundlesAreFresh },
  { name: 'tests', remedy: 'mend what they say', holds: testsPass },
]

for (const gate of GATES) {
  const before = performance.now()
  const holds = gate.holds()
  const seconds = ((performance.now() - before) / 1000).toFixed(1).padStart(6)
  say(`${holds ? 'ok  ' : 'FAIL'} ${seconds} s  ${gate.name}${holds ? '' : `: ${gate.remedy}`}`)
  if (!holds) process.exit(1)
}

/** A tool of ours, as npm installed it: `npx` would fetch a stranger when it is missing. */
function tool(name: string, ...args: string[]): boolean {
  return quietly(join('node_modules', '.bin', name), args)
}

/** Runs it and shows what it said only when it failed. */
function quietly(program: string, args: readonly string[]): boolean {
  const run = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  if (run.status === 0) return true
  say(`${run.stdout ?? ''}${run.stderr ?? ''}${run.error === undefined ? '' : run.error.message}`)
  return false
}

/** Whether building the committed bundles again gives the same bytes. */
function bundlesAreFresh(): boolean {
  const before = COMMITTED_BUNDLES.map(digestOf)
  if (!quietly('npm', ['run', 'bundle', '--silent'])) return false
  return COMMITTED_BUNDLES.every((folder, index) => digestOf(folder) === before[index])
}

/** One digest of all files of a folder and their names; empty when the folder is missing. */
function digestOf(folder: string): string {
  const path = join(ROOT, folder)
  if (!existsSync(path)) return ''
  const hash = createHash('sha256')
  const entries = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  for (const file of entries.map((entry) => join(entry.parentPath, entry.name)).sort()) {
    hash.update(`${file}\0`).update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

/** The very command that the README names. */
function testsPass(): boolean {
  const report = process.env['FERRY_TEST_REPORT']
  const asJson = ['--reporter=default', '--reporter=json', `--outputFile.json=${report ?? ''}`]
  const args = ['test', ...(report === undefined || report === '' ? [] : ['--', ...asJson])]
  return spawnSync('npm', args, { cwd: ROOT, stdio: 'inherit' }).status === 0
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
