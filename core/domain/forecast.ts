/**
 * How long a sync will take, phase by phase, from what the job's syncs have taken so far (S10).
 *
 *   comparing     the time bounded by the source's disk: in proportion to the bytes on it
 *   transferring  the time bounded by network, receiver or limit: in proportion to the bytes that have changed, which
 *                 grow with the time since the last sync, if not as fast: what is written twice is sent once
 *   imaging       snapshots and image in the cloud: as last time
 *
 * A full sync tells nothing of how long reading alone takes, because all that is read is sent as well; it tells most
 * of the network. Where nothing is known yet, ordinary speeds stand in, with the width that such a guess deserves.
 */
import { roundedOut } from './duration.ts'
import type { Guess, Range } from './guess.ts'
import { guessFrom, rangeOf, sumOf, times, widened } from './guess.ts'
import type { Sync } from './job.ts'

export interface Forecast {
  /** Milliseconds. */
  readonly comparing: Range
  readonly transferring: Range
  readonly imaging: Range
  readonly total: Range
  readonly changedBytes: Range
  /** What the longest phase waits for. */
  readonly limitedBy: 'disk' | 'network' | 'limit' | 'cloud'
  /** How many past syncs it rests on; 0: on ordinary speeds. */
  readonly basis: number
}

/** What a comparison without sending has found out. */
export interface Measured {
  readonly changedBytes: number
  readonly comparingMs: number
}

export interface ForecastFacts {
  readonly kind: Sync['kind']
  /** On all disks of the source. */
  readonly totalBytes: number
  /** Newest first. */
  readonly history: readonly Sync[]
  readonly bytesPerSecond: number | null
  readonly now: Date
  readonly measured?: Measured
}

/** Older syncs say nothing of how busy the source is now. */
const MOST_SAMPLES = 8
/** Fewer bytes take no time of their own: setting up does. */
const LEAST_BYTES = 1024 ** 2
const DAY_MS = 24 * 3_600_000
/** Ordinary speeds, in bytes per millisecond, and how far off they may be. */
const DISK_RATE = 200_000
const NETWORK_RATE = 25_000
const SNAPSHOT_RATE = 100_000
const IMAGE_MS = 60_000
/** Of a source that has not been synced before: how much is in use; later, how much changes in a day. */
const IN_USE = 0.5
const CHANGED_A_DAY = 0.02
/** Changed bytes grow with time to the power of something between 0.5 and 1. */
const GROWTH = 0.75
const GROWTH_SPREAD = 0.15

interface PhaseTimes {
  readonly comparing: number
  readonly transferring: number
  readonly imaging: number
  readonly total: number
}

/**
 * What a sync took, in milliseconds, counted from its first order; undefined unless it went through in one go: the
 * hours of a pause or of an Error say nothing of the next sync.
 */
export function phaseTimes(sync: Sync): PhaseTimes | undefined {
  const { endedAt, transferredAt, result, interrupted, tries } = sync
  if (result !== 'ok' || endedAt === null || transferredAt === null || interrupted || tries > 1)
    return undefined
  const begin = (sync.orderedAt ?? sync.startedAt).getTime()
  const moving = Math.max(0, transferredAt.getTime() - begin)
  const transferring = Math.min(moving, sync.transferringMs)
  const imaging = Math.max(0, endedAt.getTime() - transferredAt.getTime())
  return { comparing: moving - transferring, transferring, imaging, total: moving + imaging }
}

export function forecastSync(facts: ForecastFacts): Forecast {
  const past = samplesOf(facts.history)
  const changed = changedGuess(facts)
  const comparing = roundedOut(rangeOf(comparingGuess(facts, past)))
  const moving = transferringGuess(facts, past, changed)
  const transferring = roundedOut(rangeOf(moving.guess))
  const imaging = roundedOut(rangeOf(imagingGuess(facts, past)))
  const longest = Math.max(comparing.high, transferring.high, imaging.high)
  return {
    comparing,
    transferring,
    imaging,
    total: roundedOut(sumOf([comparing, transferring, imaging])),
    changedBytes: rangeOf(changed, facts.totalBytes),
    limitedBy:
      longest === transferring.high ? moving.limitedBy : longest === comparing.high ? 'disk' : 'cloud',
    basis: past.length,
  }
}

interface Sample {
  readonly sync: Sync
  readonly took: PhaseTimes
}

function samplesOf(history: readonly Sync[]): readonly Sample[] {
  const samples = history.flatMap((sync): Sample[] => {
    const took = phaseTimes(sync)
    return took === undefined ? [] : [{ sync, took }]
  })
  return samples.slice(0, MOST_SAMPLES)
}

/** How much had changed, and in how many milliseconds it had piled up: also of syncs whose time tells nothing. */
function changesOf(
  history: readonly Sync[],
): readonly { readonly bytes: number; readonly sinceMs: number }[] {
  const ok = history.filter(({ result }) => result === 'ok')
  const changes = ok.flatMap((sync, place) => {
    const before = ok[place + 1]
    if (sync.kind === 'full' || before === undefined) return []
    const sinceMs = Math.max(1000, sync.startedAt.getTime() - before.startedAt.getTime())
    // A system that runs writes a little; that nothing had changed once is luck.
    return [{ bytes: Math.max(LEAST_BYTES, sync.progress.changedBytes), sinceMs }]
  })
  return changes.slice(0, MOST_SAMPLES)
}

const isFull = ({ sync }: Sample): boolean => sync.kind === 'full'

function changedGuess({ kind, totalBytes, history, now, measured }: ForecastFacts): Guess {
  if (measured !== undefined) return { likely: Math.max(1, measured.changedBytes), spread: 0.1 }
  if (kind === 'full') return { likely: totalBytes * IN_USE, spread: 0.6 }
  const last = history.find(({ result }) => result === 'ok')
  const sinceMs = Math.max(1000, now.getTime() - (last?.startedAt ?? now).getTime())
  const prior = { likely: totalBytes * CHANGED_A_DAY * (sinceMs / DAY_MS) ** GROWTH, spread: 1.2 }
  const known = changesOf(history)
  const stretches = known.map((change) => sinceMs / change.sinceMs)
  const amounts = known.map(({ bytes }, place) => bytes * (stretches[place] ?? 1) ** GROWTH)
  const furthest = Math.max(0, ...stretches.map((stretch) => Math.abs(Math.log(stretch))))
  const guess = widened(guessFrom(amounts, prior), GROWTH_SPREAD * furthest)
  return { likely: Math.min(totalBytes, guess.likely), spread: guess.spread }
}

function comparingGuess({ totalBytes, measured }: ForecastFacts, past: readonly Sample[]): Guess {
  if (measured !== undefined) return { likely: Math.max(1, measured.comparingMs), spread: 0.2 }
  const known = past.filter((sample) => !isFull(sample) && sample.sync.progress.totalBytes > 0)
  // Reading everything took no longer than reading and sending everything.
  const bounds = past.filter(isFull).map(({ took }) => took.comparing + took.transferring)
  const prior = { likely: Math.min(totalBytes / DISK_RATE, ...bounds), spread: 0.7 }
  // Disks of a job keep their size; what a sync had to compare may be less, where its writes were known.
  return guessFrom(
    known.map(({ took }) => took.comparing),
    prior,
  )
}

function transferringGuess(
  { kind, bytesPerSecond }: ForecastFacts,
  past: readonly Sample[],
  changed: Guess,
): { readonly guess: Guess; readonly limitedBy: 'network' | 'limit' } {
  const known = past.filter(({ sync }) => sync.progress.changedBytes >= LEAST_BYTES)
  const alike = known.filter((sample) => isFull(sample) === (kind === 'full'))
  const perByte = (samples: readonly Sample[]): readonly number[] =>
    samples.map(({ sync, took }) => Math.max(1, took.transferring) / sync.progress.changedBytes)
  const prior = widened(guessFrom(perByte(known), { likely: 1 / NETWORK_RATE, spread: 1 }), 0.3)
  const free = times(changed, guessFrom(perByte(alike), prior))
  if (bytesPerSecond === null) return { guess: free, limitedBy: 'network' }
  const shares = known.map(({ sync: { progress } }) => progress.wireBytes / progress.changedBytes)
  const limited = times(changed, guessFrom(shares, { likely: 0.8, spread: 0.3 }))
  const atLimit = { likely: (limited.likely * 1000) / bytesPerSecond, spread: limited.spread }
  return atLimit.likely > free.likely
    ? { guess: atLimit, limitedBy: 'limit' }
    : { guess: free, limitedBy: 'network' }
}

function imagingGuess({ kind, totalBytes }: ForecastFacts, past: readonly Sample[]): Guess {
  const imaging = (samples: readonly Sample[]): readonly number[] =>
    samples.map(({ took }) => Math.max(1, took.imaging))
  const alike = past.filter((sample) => isFull(sample) === (kind === 'full'))
  const ordinary = { likely: IMAGE_MS + totalBytes / SNAPSHOT_RATE, spread: 0.9 }
  // The first snapshot of a disk is whole, the later ones hold what has changed.
  return guessFrom(imaging(alike), widened(guessFrom(imaging(past), ordinary), 0.4))
}

/** How a forecast came out. `faster` and `slower` than the interval are both misses. */
interface Score {
  readonly verdict: 'inside' | 'faster' | 'slower' | 'interrupted'
  /** Null for one that was interrupted: its time says nothing. */
  readonly actualMs: number | null
}

/** The forecast that was made when a sync started against what it took; undefined before its end or without one. */
export function scoreOf(sync: Sync): Score | undefined {
  if (sync.result !== 'ok' || sync.forecast === null) return undefined
  const took = phaseTimes(sync)
  if (took === undefined) return { verdict: 'interrupted', actualMs: null }
  const { low, high } = sync.forecast.total
  const verdict = took.total < low ? 'faster' : took.total > high ? 'slower' : 'inside'
  return { verdict, actualMs: took.total }
}
