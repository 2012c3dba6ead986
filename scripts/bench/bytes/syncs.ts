/** Comparisons and incremental syncs of a running pair, in turns with plain reading and with peers. */
import type { Pair } from '../programs.ts'
import { change, copyRegions, PATTERNS, putBack, regionsOf, type Pattern } from './changes.ts'
import { median, type Figures, type PatternFigures } from './figures.ts'
import { cat, flush, installedPeers, isEqual, type Peer } from './peers.ts'

interface Subject {
  readonly pair: Pair
  readonly source: { readonly path: string; readonly sizeBytes: number }
  readonly target: string
}

interface Taken {
  readonly seconds: number[]
  readonly flush: number[]
  readonly wire: number[]
  readonly changed: number[]
  /** Seconds of each peer, the flush included. */
  readonly peers: Map<Peer['name'], number[]>
}

const nothingTaken = (): Taken => ({ seconds: [], flush: [], wire: [], changed: [], peers: new Map() })

export async function assertEqual(
  { source, target }: Pick<Subject, 'source' | 'target'>,
  after: string,
): Promise<void> {
  if (!(await isEqual(source.path, target))) throw new Error(`the target is not equal after ${after}`)
}

/**
 * A change and Ferry's sync of it; then the target is set back, which shows what making the same bytes durable takes
 * alone, and is brought up again by each of the peers.
 */
async function turn(
  subject: Subject,
  pattern: Pattern,
  round: number,
  taken: Taken,
  peers: readonly Peer[],
): Promise<void> {
  const { pair, source, target } = subject
  const regions = regionsOf(pattern, source.sizeBytes, round)
  const former = change(source.path, regions, `${pattern} ${round}`)
  await flush(source.path)
  await cat(source.path)
  await pair.bot.asked()
  const { report, seconds } = await pair.bot.order()
  taken.seconds.push(seconds + (await flush(target)))
  taken.wire.push(report.wireBytes)
  taken.changed.push(regions.reduce((sum, { length }) => sum + length, 0))
  if (peers.length > 0) await assertEqual(subject, `a sync of ${pattern}`)
  putBack(target, former)
  taken.flush.push(await flush(target))
  for (const [i, peer] of peers.entries()) {
    if (i > 0) putBack(target, former)
    await flush(target)
    await cat(source.path)
    await cat(target)
    const peerSeconds = (await peer.sync(source.path, target, notesOf(target, peer))) + (await flush(target))
    taken.peers.set(peer.name, [...(taken.peers.get(peer.name) ?? []), peerSeconds])
    await assertEqual(subject, `${peer.name} of ${pattern}`)
  }
  if (peers.length > 0) return
  copyRegions(source.path, target, regions)
  await flush(target)
}

const notesOf = (target: string, { name }: Peer): string => `${target}.${name}`

function figuresOf(taken: Taken, catSeconds: number): PatternFigures {
  const seconds = median(taken.seconds)
  const flushSeconds = median(taken.flush)
  const changed = median(taken.changed)
  return {
    seconds,
    flushSeconds,
    vsCat: (seconds - flushSeconds) / catSeconds,
    peers: Object.fromEntries([...taken.peers].map(([name, all]) => [name, median(all)])),
    wirePerChangedByte: changed > 0 ? median(taken.wire) / changed : null,
  }
}

/** `subject` has been synced in full. `say` hears of each round. */
export async function benchSyncs(
  subject: Subject,
  settings: { readonly rounds: number; readonly peerRounds: number },
  say: (words: string) => void,
): Promise<Pick<Figures, 'catSeconds' | 'compareVsCat' | 'syncs'>> {
  const taken = Object.fromEntries(PATTERNS.map((pattern) => [pattern, nothingTaken()])) as Record<
    Pattern,
    Taken
  >
  const cats: number[] = []
  const compares: number[] = []
  // Blocks that a database writes into have been written before: their first time is not measured.
  await turn(subject, 'db4k', -1, nothingTaken(), [])
  const peers = installedPeers()
  for (const peer of peers) await peer.prepare?.(subject.source.path, notesOf(subject.target, peer))
  for (let round = 0; round < settings.rounds; round++) {
    cats.push(await cat(subject.source.path))
    await subject.pair.bot.asked()
    compares.push((await subject.pair.bot.compare()).seconds)
    for (const pattern of PATTERNS) {
      await turn(subject, pattern, round, taken[pattern], round < settings.peerRounds ? peers : [])
      say(
        `round ${round + 1}: ${pattern} ${taken[pattern].seconds.at(-1)?.toFixed(2)} s (cat ${cats.at(-1)?.toFixed(2)} s)`,
      )
    }
    await assertEqual(subject, `round ${round + 1}`)
  }
  const catSeconds = median(cats)
  return {
    catSeconds,
    compareVsCat: median(compares) / catSeconds,
    syncs: Object.fromEntries(
      PATTERNS.map((pattern) => [pattern, figuresOf(taken[pattern], catSeconds)]),
    ) as unknown as Record<Pattern, PatternFigures>,
  }
}
