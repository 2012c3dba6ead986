/**
 * Local times of a time zone and the instants that they mean, from the zone data of the runtime (Intl) alone.
 *
 * Where the clocks are changed, local time and instants do not pair off. A local time that comes twice means its first
 * coming; one that is skipped means the instant of the change. So later local times never mean earlier instants.
 */

/** What a clock and a calendar on the wall show, to the minute. `minute` counts from midnight and may pass 24 h. */
interface LocalTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly minute: number
}

const DAY_MS = 24 * 3_600_000
/** More than any zone is from UTC, and than any change of clocks (a whole day, once) takes. */
const FAR_MS = 1.5 * DAY_MS

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  })
  formats.set(zone, made)
  return made
}

/**
 * The zone as the zone data write it, or undefined when they know none of this name. Only `Area/City` and `UTC`:
 * abbreviations mean several zones (CST is China's to some and Chicago's to Intl), offsets know no summer time.
 */
export function findZone(name: string): string | undefined {
  if (/^(etc\/)?utc$/i.test(name)) return 'UTC'
  if (!/^[a-z_]+(\/[a-z_+-]+){1,2}$/i.test(name) || /^etc\//i.test(name)) return undefined
  const known = zoneNames().find((zone) => zone.toLowerCase() === name.toLowerCase())
  if (known !== undefined) return known
  try {
    // A newer or older name of a zone in the list, such as Asia/Kolkata beside Asia/Calcutta.
    formatOf(name)
    return name
  } catch {
    return undefined
  }
}

/** The names that can be offered instead of one that is not known. */
export function zoneNames(): readonly string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone')]
}

/** What the clocks of `zone` show at `time`, read as if it were UTC, in milliseconds. */
function wallMs(zone: string, time: number): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(time)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const at = (part: Intl.DateTimeFormatPartTypes): number => parts.get(part) ?? 0
  return Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second'))
}

/** Local minus UTC, in milliseconds, at a whole second. */
function offsetMs(zone: string, time: number): number {
  const second = Math.floor(time / 1000) * 1000
  return wallMs(zone, second) - second
}

/** What the clocks and calendars of `zone` show at `time`. */
export function localOf(zone: string, time: Date): LocalTime {
  const wall = new Date(wallMs(zone, time.getTime()))
  return {
    ...{ year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate() },
    minute: wall.getUTCHours() * 60 + wall.getUTCMinutes(),
  }
}

/** The instant that a local time means. */
export function instantOf(zone: string, { year, month, day, minute }: LocalTime): Date {
  const wall = Date.UTC(year, month - 1, day, 0, minute)
  const before = offsetMs(zone, wall - FAR_MS)
  const after = offsetMs(zone, wall + FAR_MS)
  const [first] = [wall - before, wall - after]
    .filter((time) => wallMs(zone, time) === wall)
    .sort((a, b) => a - b)
  return new Date(first ?? changeBetween(zone, wall - after, wall - before))
}

/** The first second at which the offset is no longer that of `from`. */
function changeBetween(zone: string, from: number, to: number): number {
  const before = offsetMs(zone, from)
  let [low, high] = [from / 1000, to / 1000]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetMs(zone, middle * 1000) === before) low = middle
    else high = middle
  }
  return high * 1000
}
