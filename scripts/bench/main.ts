/**
 * `npm run bench`: what Ferry costs and how fast it is, as ratios against plain reading and writing in the same run.
 *   npm run bench                 everything
 *   npm run bench -- --rounds 5   more rounds of what is timed against `dd`
 *   npm run bench -- --json       one JSON object as the last line
 *   npm run bench -- slack        the Slack door alone: acknowledgements under load, the App Home
 *   npm run bench -- bytes        the byte path alone, on larger disks, against rsync and nbdcopy (bytes/run.ts)
 */
import { USAGE } from './bytes/settings.ts'
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { buildAgents } from '../bundle.ts'
import { freePort } from '../demo/free-port.ts'
import { setStage } from '../demo/stage.ts'
import { benchBytes } from './bytes/run.ts'
import { commandTimes, idleMemory } from './bot.ts'
import { benchSlack } from './slack.ts'
import { benchFullSync, benchUnchangedSync } from './first-sync.ts'

interface Row {
  readonly what: string
  readonly figure: string
  readonly aim: string
  readonly isMet: boolean
}

const [only, ...rest] = process.argv.slice(2)
if (only === 'bytes') {
  await benchBytes(rest)
  process.exit(0)
}
if (only === 'slack') {
  await benchSlack(rest)
  process.exit(0)
}
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
})
if (values.help === true) {
  process.stdout.write(`npm run bench [-- --rounds N] [--json]\n${USAGE}\nnpm run bench -- slack [--json]\n`)
  process.exit(0)
}
const directory = resolve('.ferry', 'bench')
rmSync(directory, { recursive: true, force: true })
mkdirSync(directory, { recursive: true })
await buildAgents()
const full = await benchFullSync({ rounds: Number(values.rounds) })
const unchanged = await benchUnchangedSync()
const stage = await setStage(join(directory, 'stage'), await freePort())
const bot = await (async () => {
  try {
    const memoryMiB = await idleMemory(stage)
    return {
      memoryMiB,
      list: await commandTimes(stage, 'list'),
      enrol: await commandTimes(stage, 'enrol bench-01'),
    }
  } finally {
    await stage.stop()
  }
})()
rmSync(directory, { recursive: true, force: true })

const rows: Row[] = [
  {
    what: 'full sync of the demo disks, over TLS, against `dd conv=fdatasync`',
    figure: `${full.ratio.toFixed(2)} (${full.syncSeconds.toFixed(2)} s; dd ${full.ddSeconds.toFixed(2)} s)`,
    aim: '0.8 or more',
    isMet: full.ratio >= 0.8,
  },
  {
    what: 'unchanged sync: bytes on the wire, both ways, per GiB of disk',
    figure: `${Math.round(unchanged.wireBytesPerGiB)} B`,
    aim: '65536 B or less',
    isMet: unchanged.wireBytesPerGiB <= 65_536,
  },
  {
    what: 'the bot, idle: resident memory',
    figure: `${Math.round(bot.memoryMiB)} MiB`,
    aim: 'under 190 MiB (200 MB)',
    isMet: bot.memoryMiB < 190,
  },
  {
    what: 'a reading command (list), over HTTP',
    figure: `${bot.list.median.toFixed(1)} ms (p99 ${bot.list.p99.toFixed(1)})`,
    aim: 'under 50 ms',
    isMet: bot.list.median < 50,
  },
  {
    what: 'a changing command (enrol), over HTTP',
    figure: `${bot.enrol.median.toFixed(1)} ms (p99 ${bot.enrol.p99.toFixed(1)})`,
    aim: 'under 50 ms',
    isMet: bot.enrol.median < 50,
  },
  {
    what: 'agent and receiver: peak resident memory',
    figure: `${Math.round(full.agentPeakRssMiB)} and ${Math.round(full.receiverPeakRssMiB)} MiB`,
    aim: '160 MiB or less each',
    isMet: Math.max(full.agentPeakRssMiB, full.receiverPeakRssMiB) <= 160,
  },
]
const width = Math.max(...rows.map(({ what }) => what.length))
for (const { what, figure, aim, isMet } of rows)
  process.stdout.write(`${isMet ? '✓' : '✗'} ${what.padEnd(width)}  ${figure.padEnd(28)}  aim: ${aim}\n`)
if (values.json === true) process.stdout.write(`${JSON.stringify({ full, unchanged, bot })}\n`)
