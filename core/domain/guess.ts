/**
 * What is believed of a quantity that is never negative: its likely value and how far off that may be. Times and
 * amounts of data vary by factors, so the spread is a logarithm: 0.7 means that half and double are both ordinary.
 */
export interface Guess {
  readonly likely: number
  readonly spread: number
}

/** From and to, both included. */
export interface Range {
  readonly low: number
  readonly high: number
}

/** So many spreads to either side: nine of ten outcomes of one quantity lie between. */
const REACH = 1.645
/** What two repetitions of the same thing differ by when nothing else is known. */
const ORDINARY_SPREAD = 0.25
/** How many samples that ordinary spread is worth. A few equal times are luck, not certainty. */
const ORDINARY_WEIGHT = 2
/** Makes a median deviation comparable to a standard deviation. */
const OF_MEDIAN = 1.4826

/**
 * A guess at the next value of what has been seen: the median, so that one odd value moves nothing, with a spread that
 * widens when there is little to go by. `prior` is what is believed when nothing has been seen.
 */
export function guessFrom(samples: readonly number[], prior: Guess): Guess {
  const logs = samples.filter((sample) => sample > 0 && Number.isFinite(sample)).map(Math.log)
  if (logs.length === 0) return prior
  const middle = median(logs)
  const deviation = OF_MEDIAN * median(logs.map((log) => Math.abs(log - middle)))
  const pooled =
    (logs.length * deviation ** 2 + ORDINARY_WEIGHT * ORDINARY_SPREAD ** 2) / (logs.length + ORDINARY_WEIGHT)
  return { likely: Math.exp(middle), spread: Math.sqrt(pooled * (1 + 1 / logs.length)) }
}

/** The product of two quantities that have nothing to do with each other. */
export function times(a: Guess, b: Guess): Guess {
  return { likely: a.likely * b.likely, spread: Math.hypot(a.spread, b.spread) }
}

/** The same guess, less sure of itself. */
export function widened(guess: Guess, by: number): Guess {
  return { likely: guess.likely, spread: Math.hypot(guess.spread, by) }
}

/** Where nine of ten outcomes lie, in whole numbers, at most `most`. */
export function rangeOf({ likely, spread }: Guess, most = Number.MAX_SAFE_INTEGER): Range {
  const factor = Math.exp(REACH * spread)
  const within = (value: number): number => Math.min(most, Math.round(value))
  return { low: within(likely / factor), high: within(likely * factor) }
}

/** The sum of things that follow each other: they add up for whoever reads them. */
export function sumOf(ranges: readonly Range[]): Range {
  return ranges.reduce((sum, { low, high }) => ({ low: sum.low + low, high: sum.high + high }), {
    low: 0,
    high: 0,
  })
}

/** The middle of a range in factors, which is what was likely. */
export function likelyOf({ low, high }: Range): number {
  return Math.sqrt(Math.max(1, low) * Math.max(1, high))
}

/** Throws nothing; of an even number it is the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}
