/**
 * `npm run soak`: what takes its time. First, once, tests with the durations that are delivered, which are shortened
 * elsewhere (a lease of 30 s, a second look after 30 s); then random lives of jobs for as long as is asked, each round
 * from a new seed.
 *   npm run soak                    ten minutes
 *   npm run soak -- --minutes 60    longer
 *   npm run soak -- --seed 42       one round from this seed, to see again what a round has found
 * Ends with exit code 1 at the first round that does not hold, and says its seed.
 */
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const ROOT = join(import.meta.dirname, '..')
const LIVES_A_ROUND = 4000
const TEST_MS = 900_000
/** Leases and takeovers, silent machines, an intermediate that is gone. */
const REAL_TIME = [
  'tests/crash/two-bots.itg.test.ts',
  'tests/acceptance/released.itg.test.ts',
  'tests/acceptance/trouble.itg.test.ts',
]

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } },
})
const minutes = Number(values.minutes)
const seed = values.seed === undefined ? undefined : Number(values.seed)
if (!(minutes > 0) || (seed !== undefined && !Number.isSafeInteger(seed))) {
  process.stderr.write(
    'npm run soak [-- --minutes N] [-- --seed N]: both are numbers, such as --minutes 60.\n',
  )
  process.exit(2)
}

function passes(tests: readonly string[], env: Readonly<Record<string, string>>): boolean {
  const vitest = join('node_modules', '.bin', 'vitest')
  const args = ['run', '--project', 'integration', '--testTimeout', String(TEST_MS), ...tests]
  return (
    spawnSync(vitest, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: 'inherit' }).status === 0
  )
}

const round = (from: number): boolean =>
  passes(['tests/model'], { FERRY_MODEL_LIVES: String(LIVES_A_ROUND), FERRY_MODEL_SEED: String(from) })

if (seed === undefined && !passes(REAL_TIME, { FERRY_TEST_REAL_TIME: '1' })) {
  process.stderr.write('A test does not hold with the durations that are delivered.\n')
  process.exit(1)
}

const until = Date.now() + minutes * 60_000
let rounds = 0
do {
  const from = seed ?? randomInt(2 ** 31)
  if (!round(from)) {
    process.stderr.write(`A life went wrong: \`npm run soak -- --seed ${from}\` shows it again.\n`)
    process.exit(1)
  }
  rounds++
} while (seed === undefined && Date.now() < until)
process.stdout.write(
  `${rounds * LIVES_A_ROUND} lives in ${rounds} ${rounds === 1 ? 'round' : 'rounds'}: all invariants held.\n`,
)
