/**
 * `npm run bench -- bytes`: the byte path against its peers, in turns, on disks of its own.
 *   --size GIB        of the disk (8)
 *   --rounds N        of what is measured (5)
 *   --peer-rounds N   of rsync, blocksync-fast and bdsync, where they are found, and of full syncs beside nbdcopy (2)
 *   --curve GIB,…     sizes of sparse disks that tracked syncs are measured on (2,8,64), or `none`
 *   --dir PATH        where the disks are made: three times their size (the temporary directory)
 *   --json            one JSON object as the last line
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildAgents } from '../../bundle.ts'
import { startPair } from '../programs.ts'
import { benchCold } from './cold.ts'
import type { Figures } from './figures.ts'
import { benchFull } from './full.ts'
import { buildImage } from './image.ts'
import { cat } from './peers.ts'
import { readSettings, type Settings } from './settings.ts'
import { asJson, curveOf, rowsOf } from './show.ts'
import { benchSyncs } from './syncs.ts'
import { benchTracked } from './tracked.ts'

const GIB = 1024 ** 3

const say = (words: string): void => void process.stderr.write(`${words}\n`)

async function measure(settings: Settings, directory: string): Promise<Figures> {
  const { sizeBytes, rounds, peerRounds } = settings
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
    rmSync(place, { recursive: true })
    const coldVsDirect = await benchCold(directory, bundles, source, rounds)
    await cat(source.path)
    const tracked = await benchTracked(directory, bundles, source, settings, say)
    return { sizeBytes, rounds, ...syncs, full, coldVsDirect, tracked, rssMiB }
  } finally {
    await pair.close()
  }
}

/** Runs it with these arguments; bad ones are refused with a sentence and exit status 2. */
export async function benchBytes(args: readonly string[]): Promise<void> {
  const settings = readSettings(args)
  if ('problem' in settings) {
    process.stderr.write(`${settings.problem}\n`)
    process.exit(2)
  }
  const directory = mkdtempSync(join(settings.place, 'ferry-bench-'))
  try {
    const figures = await measure(settings, directory)
    for (const row of [...rowsOf(figures), ...curveOf(figures)]) process.stdout.write(`${row}\n`)
    if (settings.json) process.stdout.write(`${JSON.stringify(asJson(figures))}\n`)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
