import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where the machine's own temporary directory is told while a run has one of its own. */
const MACHINE = 'FERRY_TEST_TMPDIR'

/**
 * Everything that a run of tests and the programs that it starts leave in the temporary directory goes with the run,
 * also what killed ones had no time to remove.
 */
export function setup(): (() => void) | undefined {
  if (process.env[MACHINE] !== undefined) return undefined
  const machine = tmpdir()
  const run = mkdtempSync(join(machine, 'ferry-run-'))
  // As the machine's own: some tests run programs as another user.
  chmodSync(run, 0o1777)
  process.env[MACHINE] = machine
  process.env['TMPDIR'] = run
  return () => rmSync(run, { recursive: true, force: true, maxRetries: 3 })
}

/** The machine's own temporary directory: for what the next run is to find again. */
export function machineTmpdir(): string {
  return process.env[MACHINE] ?? tmpdir()
}
