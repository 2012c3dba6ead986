/** Durations as people write them: one whole number and one unit, `90m`, `6h`, `7d`, `30s`. Nothing else is guessed. */

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
type Unit = keyof typeof UNITS

/** The shortest and the longest interval between two syncs (S2). */
export const INTERVAL_RANGE = { min: '1h', max: '7d' } as const

/** `6h` → milliseconds; undefined when it is not a duration. Spaces, signs, fractions and other digits are refused. */
export function parseDuration(text: string): number | undefined {
  const match = /^([0-9]{1,9})([smhd])$/.exec(text)
  if (match === null) return undefined
  return Number(match[1]) * UNITS[match[2] as Unit]
}

/** Milliseconds → the two largest units that say it: `6h`, `1d 2h`, `4m 5s`, `0s`. */
export function formatDuration(ms: number): string {
  let seconds = Math.max(0, Math.round(ms / 1000))
  const parts: string[] = []
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const amount = Math.floor(seconds / size)
    if (amount === 0) continue
    parts.push(`${amount}${unit}`)
    seconds -= amount * size
    if (parts.length === 2) break
  }
  return parts.join(' ') || '0s'
}

/** `14:05 UTC` today, else `2026-11-24 14:05 UTC`; every time that Ferry shows says its zone. */
export function formatTime(time: Date, now: Date): string {
  const iso = time.toISOString()
  const clock = `${iso.slice(11, 16)} UTC`
  return iso.slice(0, 10) === now.toISOString().slice(0, 10) ? clock : `${iso.slice(0, 10)} ${clock}`
}

/** The same whatever day it is read: `2026-11-24 14:05 UTC`. */
export function formatMoment(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** In which unit a time is foretold, and the step to which the ends of a span are rounded outwards. */
const STEPS = [
  { upTo: 120_000, unit: 's', size: 1000, step: 1000 },
  { upTo: 180 * 60_000, unit: 'min', size: 60_000, step: 60_000 },
  { upTo: Number.POSITIVE_INFINITY, unit: 'h', size: 3_600_000, step: 1_800_000 },
] as const

interface Span {
  readonly low: number
  readonly high: number
}

const stepOf = (ms: number): (typeof STEPS)[number] => STEPS.find(({ upTo }) => ms <= upTo) ?? STEPS[2]

/** A span in milliseconds rounded outwards to what people are told, so that what they read is what is meant. */
export function roundedOut({ low, high }: Span): Span {
  const [below, above] = [stepOf(low).step, stepOf(high).step]
  return { low: Math.floor(low / below) * below, high: Math.max(above, Math.ceil(high / above) * above) }
}

/** `40 to 90 s`, `6 to 8 min`, `2 min`, `up to 3 s`, `45 min to 4.5 h`. */
export function formatSpan(span: Span): string {
  const { low, high } = roundedOut(span)
  const [from, to] = [stepOf(low), stepOf(high)]
  const last = `${high / to.size} ${to.unit}`
  if (low === high) return last
  if (low === 0) return `up to ${last}`
  return `${low / from.size}${from.unit === to.unit ? '' : ` ${from.unit}`} to ${last}`
}
