/** Run as a process: `writer.ts ROOT SEED` disturbs a file system until it is killed, and says in which ways. */
import { setTimeout as pause } from 'node:timers/promises'
import { chance, disturb, disturbInEveryWay } from './random-writers.ts'

const [root = '', seed = '0'] = process.argv.slice(2)
const random = chance(Number(seed))
for (let round = 0; ; round++) {
  const kinds = round % 10 === 0 ? disturbInEveryWay(root, random) : disturb(root, random, 1 + random(4))
  process.stdout.write(`${kinds.join(' ')}\n`)
  await pause(random(10))
}
