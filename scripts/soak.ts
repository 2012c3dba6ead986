/**
 * `npm run soak`: random lives of jobs for as long as is asked, each round from a new seed.
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

function round(from: number): boolean {
  const env = { ...process.env, FERRY_MODEL_LIVES: String(LIVES_A_ROUND), FERRY_MODEL_SEED: String(from) }
  const vitest = join('node_modules', '.bin', 'vitest')
  const run = spawnSync(vitest, ['run', '--project', 'integration', 'tests/model'], {
    cwd: ROOT,
    env,
    stdio: 'inherit',
  })
  return run.status === 0
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
