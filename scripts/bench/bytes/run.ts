/**
 * `npm run bench -- bytes`: the byte path against its peers, in turns, on disks of its own.
 *   --size GIB        of the disk (8)
 *   --rounds N        of what is measured (5)
 *   --peer-rounds N   of rsync, and of full syncs beside nbdcopy (2)
 *   --dir PATH        where the disks are made: three times their size (the temporary directory)
 *   --json            one JSON object as the last line
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildAgents } from '../../bundle.ts'
import { startPair } from '../programs.ts'
import { benchCold } from './cold.ts'
import type { Figures } from './figures.ts'
import { benchFull } from './full.ts'
import { buildImage } from './image.ts'
import { cat } from './peers.ts'
import { asJson, rowsOf } from './show.ts'
import { benchSyncs } from './syncs.ts'

const GIB = 1024 ** 3

interface Settings {
  readonly sizeBytes: number
  readonly rounds: number
  readonly peerRounds: number
  readonly directory: string
}

const say = (words: string): void => void process.stderr.write(`${words}\n`)

async function measure(settings: Settings): Promise<Figures> {
  const { sizeBytes, rounds, peerRounds, directory } = settings
  const [agent, receiver] = await buildAgents(directory)
  if (agent === undefined || receiver === undefined) throw new Error('the programs were not built')
  const bundles = { agent, receiver }
  const source = { path: join(directory, 'source.img'), sizeBytes }
  say(`making a disk of ${sizeBytes / GIB} GiB`)
  buildImage(source.path, sizeBytes, 'bench')
  await cat(source.path)
  const full = await benchFull(directory, bundles, source, peerRounds)
  say(`full: ${full.seconds.toFixed(2)} s`)
  const place = join(directory, 'syncs')
  mkdirSync(place)
  const pair = await startPair(place, bundles, [source])
  try {
    await pair.bot.order()
    const syncs = await benchSyncs({ pair, source, target: pair.targets[0] ?? '' }, settings, say)
    const rssMiB = { agent: pair.agentUsage().peakRssMiB, receiver: pair.receiverUsage().peakRssMiB }
    await pair.close()
    const coldVsDirect = await benchCold(directory, bundles, source, rounds)
    return { sizeBytes, rounds, ...syncs, full, coldVsDirect, rssMiB }
  } finally {
    await pair.close()
  }
}

/** Runs it with these arguments; the exit status says whether every aim was met. */
export async function benchBytes(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '5' },
      'peer-rounds': { type: 'string', default: '2' },
      dir: { type: 'string', default: tmpdir() },
      json: { type: 'boolean' },
    },
  })
  const directory = mkdtempSync(join(values.dir, 'ferry-bench-'))
  try {
    const figures = await measure({
      sizeBytes: Number(values.size) * GIB,
      rounds: Number(values.rounds),
      peerRounds: Number(values['peer-rounds']),
      directory,
    })
    for (const row of rowsOf(figures)) process.stdout.write(`${row}\n`)
    if (values.json === true) process.stdout.write(`${JSON.stringify(asJson(figures))}\n`)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
