/** Syncs of disks whose writes are known: what they cost follows what was written, not the disk. */
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { findTracefs, instanceName, mapDirectory } from '../../../agent/source/tracking/tracefs.ts'
import { TraceInstance } from '../../../agent/source/tracking/trace-instance.ts'
import { startPair, type Bundles, type Pair } from '../programs.ts'
import { median, type TrackedDisk, type TrackedFigures } from './figures.ts'
import { attach, detach } from './loop.ts'
import { Noise } from './noise.ts'
import { cat, flush, isEqual } from './peers.ts'

const MIB = 1024 ** 2
/** What is written to each disk of the curve, in pieces of so many, spread over the disk. */
const CHANGED_BYTES = 100 * MIB
const PIECE_BYTES = MIB
/** Fewer than of what stands beside peers: each needs a first sync of its own. */
const CURVE_ROUNDS = 3
/** As the policy has it, for syncs that are wanted at one instant. */
const HOLD_MS = 2000

/** Why nothing can be tracked here, to complete "tracked syncs are not measured: …"; undefined when it can. */
export function trackingObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may trace and attach loop devices'
  return findTracefs() === undefined ? "the kernel's tracing is not available" : undefined
}

/** Runs agent and receiver over one tracked disk and takes back what the agent leaves in the kernel. */
async function withTracked<T>(
  directory: string,
  bundles: Bundles,
  disk: { readonly device: string; readonly sizeBytes: number },
  use: (pair: Pair) => Promise<T>,
): Promise<T> {
  const place = join(directory, 'tracked')
  mkdirSync(place)
  const pair = await startPair(place, bundles, [{ path: disk.device, sizeBytes: disk.sizeBytes }])
  try {
    return await use(pair)
  } finally {
    await pair.close()
    const home = join(place, 'agent')
    TraceInstance.remove(findTracefs() ?? '', instanceName(home, 0))
    rmSync(mapDirectory(home), { recursive: true, force: true })
    rmSync(place, { recursive: true, force: true })
  }
}

interface Taken {
  readonly seconds: number
  readonly comparison: string
}

/** A sync that reads only what was written, from being handed out until all of it is durable. */
async function tracked(pair: Pair, more: { readonly holdMs?: number } = {}): Promise<Taken> {
  await pair.bot.asked()
  const { report, seconds } = await pair.bot.order(more)
  const flushed = await flush(pair.targets[0] ?? '')
  const { comparison } = report
  if (!comparison.startsWith('only written blocks')) throw new Error(`a tracked sync compared ${comparison}`)
  if (more.holdMs !== undefined && report.instant?.kind !== 'consistent')
    throw new Error(`a tracked sync is no instant: ${JSON.stringify(report.instant)}`)
  return { seconds: seconds + flushed, comparison }
}

const medianOf = async (rounds: number, turn: (round: number) => Promise<number>): Promise<number> => {
  const taken: number[] = []
  for (let round = 0; round < rounds; round++) taken.push(await turn(round))
  return median(taken)
}

/** `c0` on the bench's own disk, in turns with `cat` of it. */
async function onBenchDisk(
  directory: string,
  bundles: Bundles,
  source: { readonly path: string; readonly sizeBytes: number },
  rounds: number,
): Promise<Omit<TrackedFigures, 'curve'>> {
  const device = attach(source.path)
  if (device === undefined) throw new Error('no loop device could be attached')
  try {
    return await withTracked(directory, bundles, { device, sizeBytes: source.sizeBytes }, async (pair) => {
      await pair.bot.order()
      await flush(pair.targets[0] ?? '')
      const [cats, seconds, instants]: [number[], number[], number[]] = [[], [], []]
      for (let round = 0; round < rounds; round++) {
        cats.push(await cat(source.path))
        seconds.push((await tracked(pair)).seconds)
        instants.push((await tracked(pair, { holdMs: HOLD_MS })).seconds)
      }
      if (!(await isEqual(source.path, pair.targets[0] ?? '')))
        throw new Error('the target is not equal after tracked syncs')
      return {
        c0VsCat: median(seconds) / median(cats),
        c0Seconds: median(seconds),
        instantSeconds: median(instants),
      }
    })
  } finally {
    detach(device)
  }
}

/** Writes through the block device, where the kernel sees it, and until it is there. */
function writeAcross(device: string, sizeBytes: number, seed: string): void {
  const noise = new Noise(seed)
  const pieces = CHANGED_BYTES / PIECE_BYTES
  const step = Math.floor(sizeBytes / pieces / MIB) * MIB
  const fd = openSync(device, 'r+')
  for (let piece = 0; piece < pieces; piece++)
    writeSync(fd, noise.bytes(PIECE_BYTES), 0, PIECE_BYTES, piece * step)
  fsyncSync(fd)
  closeSync(fd)
}

/** One point of the curve: a disk that is one hole, and what syncs of it cost. */
async function onSparseDisk(directory: string, bundles: Bundles, sizeBytes: number): Promise<TrackedDisk> {
  const path = join(directory, 'sparse.img')
  const fd = openSync(path, 'w')
  ftruncateSync(fd, sizeBytes)
  closeSync(fd)
  // Past the page cache: the first sync reads all of it, and would fill the cache with zeros.
  const device = attach(path, '--direct-io=on')
  if (device === undefined) throw new Error('no loop device could be attached')
  try {
    return await withTracked(directory, bundles, { device, sizeBytes }, async (pair) => {
      const first = await pair.bot.order()
      await flush(pair.targets[0] ?? '')
      const unchangedSeconds = await medianOf(CURVE_ROUNDS, async () => (await tracked(pair)).seconds)
      const changedSeconds = await medianOf(CURVE_ROUNDS, async (round) => {
        writeAcross(device, sizeBytes, `tracked ${round}`)
        return (await tracked(pair)).seconds
      })
      return {
        sizeBytes,
        firstSeconds: first.seconds,
        unchangedSeconds,
        changedSeconds,
        agentRssMiB: pair.agentUsage().peakRssMiB,
        receiverRssMiB: pair.receiverUsage().peakRssMiB,
      }
    })
  } finally {
    detach(device)
    rmSync(path)
  }
}

/** Null where nothing can be tracked; `say` hears why, and of each disk. */
export async function benchTracked(
  directory: string,
  bundles: Bundles,
  source: { readonly path: string; readonly sizeBytes: number },
  settings: { readonly rounds: number; readonly curve: readonly number[] },
  say: (words: string) => void,
): Promise<TrackedFigures | null> {
  const obstacle = trackingObstacle()
  if (obstacle !== undefined) {
    say(`tracked syncs are not measured: ${obstacle}`)
    return null
  }
  const own = await onBenchDisk(directory, bundles, source, settings.rounds)
  say(`tracked c0: ${own.c0Seconds.toFixed(3)} s`)
  const curve: TrackedDisk[] = []
  for (const sizeBytes of settings.curve) {
    curve.push(await onSparseDisk(directory, bundles, sizeBytes))
    const { changedSeconds } = curve.at(-1) ?? { changedSeconds: Number.NaN }
    say(`tracked, ${sizeBytes / 1024 ** 3} GiB with 100 MiB changed: ${changedSeconds.toFixed(2)} s`)
  }
  return { ...own, curve }
}
