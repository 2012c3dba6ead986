/** Digests instead of floods: when what waits for a place is told one by one, and when together. */
import { formatDuration, parseDuration } from './duration.ts'
import { findZone, instantOf, localOf } from './zone.ts'

/** Told together every so often, or every day at a time on the clocks of a zone. */
export type DigestTime = { readonly everyMs: number } | { readonly minute: number; readonly zone: string }

const DIGEST_RANGE = { min: '5m', max: '1d' } as const
const DAY_MINUTES = 24 * 60

/** Reads `1h` or `09:00 Asia/Shanghai`; undefined when it is neither. `off` is no digest: it is for the caller. */
export function parseDigest(text: string): DigestTime | undefined {
  const everyMs = parseDuration(text)
  if (everyMs !== undefined) {
    const [min = 0, max = 0] = [DIGEST_RANGE.min, DIGEST_RANGE.max].map((edge) => parseDuration(edge))
    return everyMs >= min && everyMs <= max ? { everyMs } : undefined
  }
  const match = /^([0-9]{2}):([0-9]{2}) (\S+)$/.exec(text)
  const zone = match?.[3] === undefined ? undefined : findZone(match[3])
  if (match === null || zone === undefined) return undefined
  const minute = Number(match[1]) * 60 + Number(match[2])
  return Number(match[2]) < 60 && minute < DAY_MINUTES ? { minute, zone } : undefined
}

/** The next time at which a digest is told, after `now`. */
export function nextDigest(digest: DigestTime, now: Date): Date {
  if ('everyMs' in digest) return new Date((Math.floor(now.getTime() / digest.everyMs) + 1) * digest.everyMs)
  const { minute, zone } = digest
  const today = localOf(zone, now)
  const at = [0, 1, 2]
    .map((days) => {
      const date = new Date(Date.UTC(today.year, today.month - 1, today.day + days))
      const day = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
      return instantOf(zone, { ...day, minute })
    })
    .find((time) => time > now)
  // Where clocks are put forward a time of day may be skipped, but not three days in a row.
  return at ?? new Date(now.getTime() + 24 * 3_600_000)
}

/** So many messages may come to a place within `FLOOD_MS` before the rest waits to be told together. */
const ONE_BY_ONE = 5
export const FLOOD_MS = 60_000
/** More than these that wait at the same time are told together at once. */
const MOST_WAITING = 3
/** The longest that a flood is gathered. */
const GATHER_MS = 30_000
/** More than these are nobody's reading: the rest is told in the next digest. */
const MOST_IN_DIGEST = 50

interface WaitingNotices {
  readonly count: number
  /** When the oldest was said. */
  readonly since: Date
  /** Messages at this place within the last `FLOOD_MS`. */
  readonly toldLately: number
  /** They were gathered for this moment. */
  readonly isDigest: boolean
}

/** How many of the notices that wait for a place become one message now; 0: none yet, look again after `againInMs`. */
export function nextMessage(
  { count, since, toldLately, isDigest }: WaitingNotices,
  now: Date,
): { readonly size: number; readonly againInMs: number } {
  if (isDigest || count > MOST_WAITING) return { size: Math.min(count, MOST_IN_DIGEST), againInMs: 0 }
  if (toldLately < ONE_BY_ONE) return { size: Math.min(1, count), againInMs: 0 }
  const leftMs = GATHER_MS - (now.getTime() - since.getTime())
  return leftMs <= 0 ? { size: count, againInMs: 0 } : { size: 0, againInMs: leftMs }
}

/** `every 1h`, `daily at 09:00 Asia/Shanghai` */
export function digestWords(digest: DigestTime): string {
  if ('everyMs' in digest) return `every ${formatDuration(digest.everyMs)}`
  const pad = (value: number): string => String(value).padStart(2, '0')
  return `daily at ${pad(Math.floor(digest.minute / 60))}:${pad(digest.minute % 60)} ${digest.zone}`
}
