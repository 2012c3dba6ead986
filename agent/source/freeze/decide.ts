/** When copying what is written meanwhile ends and freezing begins. */
import { formatMib } from './words.ts'

/** What is left after a pass. */
export interface Rest {
  readonly bytes: number
  /** What was left after the pass before. */
  readonly before: number | undefined
  /** Passes so far. */
  readonly passes: number
  /** How fast these disks were read in the last passes; null when nothing was. */
  readonly bytesPerSecond: number | null
}

export interface HoldLimits {
  /** How long writes may be held, in milliseconds. */
  readonly mostMs: number
  /** How much is read into memory meanwhile, in bytes. */
  readonly mostBytes: number
}

/** Less than this is not worth another pass. */
const SMALL_BYTES = 2 * 1024 * 1024
/** A pass that leaves more than this share of what the one before left does not shrink it. */
const SHRINKS = 0.7
const MOST_PASSES = 10
/** Of the time that writes may be held, the share that reading may be expected to take. */
const SHARE = 0.4
/** Of a disk of which nothing is known yet, in bytes per second: a slow one. */
const SLOW = 20 * 1024 * 1024

/** What to do next; a sentence says why there can be no instant. */
export function nextStep(rest: Rest, limits: HoldLimits): 'pass' | 'freeze' | { readonly because: string } {
  const readMs = (rest.bytes / (rest.bytesPerSecond ?? SLOW)) * 1000
  // Freezing writes something itself, so that there is a little more to be read then.
  const fits = rest.bytes <= limits.mostBytes / 2 && readMs <= limits.mostMs * SHARE
  const shrinks = rest.before === undefined || rest.bytes < rest.before * SHRINKS
  const isLast = rest.passes >= MOST_PASSES
  if (fits && (rest.bytes <= SMALL_BYTES || !shrinks || isLast)) return 'freeze'
  if (!isLast) return 'pass'
  return { because: `writes come too fast: ${formatMib(rest.bytes)} were left after ${rest.passes} passes` }
}
