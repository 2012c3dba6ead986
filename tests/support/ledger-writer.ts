/**
 * Run as a process: `ledger-writer.ts LOG DIRECTORY…` writes numbered records, each first into the ledger of the first
 * directory, then of the second, …, durably, and notes in LOG when it begins and when it has ended each. Beside that it
 * disturbs the file systems in every way.
 */
import { closeSync, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { chance, disturb } from './random-writers.ts'

const [logPath = '', ...directories] = process.argv.slice(2)
const random = chance(Date.now() % 1e6)
const log = openSync(logPath, 'a')
const ledgers = directories.map((directory) => openSync(join(directory, 'ledger'), 'a'))
for (const directory of directories) mkdirSync(join(directory, 'disturbed'))

const note = (what: string, n: number, place: number): void => {
  writeSync(log, `${JSON.stringify({ what, n, place, at: Date.now() })}\n`)
}

process.on('SIGTERM', () => {
  for (const fd of [...ledgers, log]) closeSync(fd)
  process.exit(0)
})

for (let n = 1; ; n++) {
  for (const [place, ledger] of ledgers.entries()) {
    note('begun', n, place)
    writeSync(ledger, `${n} ${'x'.repeat(random(300))}\n`)
    fdatasyncSync(ledger)
    note('durable', n, place)
  }
  if (n % 5 === 0)
    for (const directory of directories) disturb(join(directory, 'disturbed'), random, 1 + random(3))
  // Lets a signal in.
  await new Promise((resolve) => setTimeout(resolve, 5))
}
