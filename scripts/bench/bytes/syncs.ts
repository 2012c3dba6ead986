/** Comparisons and incremental syncs of a running pair, in turns with plain reading and rsync. */
import type { Pair } from '../programs.ts'
import { change, PATTERNS, putBack, regionsOf, type Pattern } from './changes.ts'
import { median, type Figures, type PatternFigures } from './figures.ts'
import { cat, flush, isEqual, isInstalled, rsync } from './peers.ts'

interface Subject {
  readonly pair: Pair
  readonly source: { readonly path: string; readonly sizeBytes: number }
  readonly target: string
}

type Taken = Record<'seconds' | 'flush' | 'rsync' | 'wire' | 'changed', number[]>

export function assertEqual({ source, target }: Pick<Subject, 'source' | 'target'>, after: string): void {
  if (!isEqual(source.path, target)) throw new Error(`the target is not equal after ${after}`)
}

/** A change, Ferry's sync of it, and where asked the same work by rsync on the same target, which is set back for it. */
async function turn(
  subject: Subject,
  pattern: Pattern,
  round: number,
  taken: Taken,
  withPeer: boolean,
): Promise<void> {
  const { pair, source, target } = subject
  const regions = regionsOf(pattern, source.sizeBytes, round)
  const former = change(source.path, regions, `${pattern} ${round}`)
  flush(source.path)
  cat(source.path)
  await pair.bot.asked()
  const { report, seconds } = await pair.bot.order()
  taken.seconds.push(seconds)
  taken.flush.push(flush(target))
  taken.wire.push(report.wireBytes)
  taken.changed.push(regions.reduce((sum, { length }) => sum + length, 0))
  if (!withPeer) return
  assertEqual(subject, `Ferry’s sync of ${pattern}`)
  putBack(target, former)
  flush(target)
  cat(target)
  const rsyncSeconds = rsync(source.path, target)
  taken.rsync.push(rsyncSeconds + flush(target))
  assertEqual(subject, `rsync of ${pattern}`)
}

function figuresOf(taken: Taken, catSeconds: number): PatternFigures {
  const seconds = median(taken.seconds)
  const changed = median(taken.changed)
  return {
    seconds,
    vsCat: seconds / catSeconds,
    flushSeconds: median(taken.flush),
    vsRsync: taken.rsync.length > 0 ? seconds / median(taken.rsync) : null,
    wirePerChangedByte: changed > 0 ? median(taken.wire) / changed : null,
  }
}

/** `subject` has been synced in full. `say` hears of each round. */
export async function benchSyncs(
  subject: Subject,
  settings: { readonly rounds: number; readonly peerRounds: number },
  say: (words: string) => void,
): Promise<Pick<Figures, 'catSeconds' | 'compareVsCat' | 'syncs'>> {
  const taken = Object.fromEntries(
    PATTERNS.map((pattern) => [pattern, { seconds: [], flush: [], rsync: [], wire: [], changed: [] }]),
  ) as unknown as Record<Pattern, Taken>
  const cats: number[] = []
  const compares: number[] = []
  // Blocks that a database writes into have been written before: their first time is not measured.
  await turn(subject, 'db4k', -1, { seconds: [], flush: [], rsync: [], wire: [], changed: [] }, false)
  for (let round = 0; round < settings.rounds; round++) {
    cats.push(cat(subject.source.path))
    await subject.pair.bot.asked()
    compares.push((await subject.pair.bot.compare()).seconds)
    const withPeer = round < settings.peerRounds && isInstalled('rsync')
    for (const pattern of PATTERNS) {
      await turn(subject, pattern, round, taken[pattern], withPeer)
      say(
        `round ${round + 1}: ${pattern} ${taken[pattern].seconds.at(-1)?.toFixed(2)} s (cat ${cats.at(-1)?.toFixed(2)} s)`,
      )
    }
    assertEqual(subject, `round ${round + 1}`)
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
