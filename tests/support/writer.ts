/** Run as a process: `writer.ts ROOT SEED` disturbs a file system until it is killed. */
import { setTimeout as pause } from 'node:timers/promises'
import { chance, disturb } from './random-writers.ts'

const [root = '', seed = '0'] = process.argv.slice(2)
const random = chance(Number(seed))
process.stdout.write('ready\n')
for (;;) {
  disturb(root, random, 1 + random(4))
  await pause(random(10))
}
