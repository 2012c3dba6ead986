/**
 * Windows: the times in which a cutover is allowed, `Sat 22:00-02:00 Asia/Shanghai` every week or
 * `2026-12-05 22:00-02:00 Europe/Berlin` once. An end that is not after its start is on the next day.
 *
 * Times are those on the clocks of the zone; `zone.ts` says what they mean where clocks are changed. A window whose
 * time is skipped as a whole does not open that day.
 */
import { findZone, instantOf, localOf } from './zone.ts'

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const
const DAY_MINUTES = 24 * 60

export interface Window {
  /** 0 is Sunday: every week. A date: once. */
  readonly on:
    { readonly weekday: number } | { readonly year: number; readonly month: number; readonly day: number }
  /** Minutes from the day's midnight; `to` is after `from` and may be on the next day. */
  readonly from: number
  readonly to: number
  readonly zone: string
}

/** One time that a window is open: `from` belongs to it, `to` no more. */
export interface Opening {
  readonly from: Date
  readonly to: Date
}

/** What is wrong with a text, as a sentence; `zone` when it is the time zone, so that a near one can be offered. */
export interface WindowProblem {
  readonly problem: string
  readonly zone?: string
}

export const WINDOW_EXAMPLE = 'Sat 22:00-02:00 Asia/Shanghai'
/** More than these on one job are nobody's plan. */
export const MOST_WINDOWS = 10

/** Reads one window. Nothing is guessed: day or date, start, end and zone must all be there. */
export function parseWindow(text: string): Window | WindowProblem {
  const [day = '', times = '', zone, ...rest] = text.trim().split(/ +/)
  const on = parseDay(day)
  if ('problem' in on) return on
  const match = /^([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})$/.exec(times)
  if (match === null)
    return { problem: `"${times}" is no start and end: two times of 00:00 to 24:00 such as 22:00-02:00` }
  const from = minuteOf(match[1], match[2])
  const to = minuteOf(match[3], match[4])
  if (from === undefined || from === DAY_MINUTES)
    return { problem: `${match[1]}:${match[2]} is no time of day; a window starts at 00:00 to 23:59` }
  if (to === undefined)
    return { problem: `${match[3]}:${match[4]} is no time of day; a window ends at 00:00 to 24:00` }
  if (from === to) return { problem: `${times} starts and ends at the same time; a whole day is 00:00-24:00` }
  if (zone === undefined)
    return {
      problem: 'it names no time zone; add one, such as Asia/Shanghai, Europe/Berlin or UTC',
      zone: '',
    }
  if (rest.length > 0) return { problem: `"${rest.join(' ')}" is too much behind the time zone` }
  const known = findZone(zone)
  if (known === undefined)
    return { problem: `there is no time zone ${zone}; zones are named like Asia/Shanghai`, zone }
  return { on, from, to: to > from ? to : to + DAY_MINUTES, zone: known }
}

function parseDay(word: string): Window['on'] | WindowProblem {
  const weekday = DAYS.findIndex((day) =>
    [day.toLowerCase(), day.slice(0, 3).toLowerCase()].includes(word.toLowerCase()),
  )
  if (weekday !== -1) return { weekday }
  const match = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(word)
  if (match === null)
    return { problem: `"${word}" is neither a day of the week (Mon, Tue, …) nor a date such as 2026-12-05` }
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const date = new Date(Date.UTC(year, month - 1, day))
  if (year < 2000 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day)
    return { problem: `the calendar has no ${word}` }
  return { year, month, day }
}

function minuteOf(hours = '', minutes = ''): number | undefined {
  const minute = Number(hours) * 60 + Number(minutes)
  return Number(minutes) > 59 || minute > DAY_MINUTES ? undefined : minute
}

/** The window as `parseWindow` reads it, always in the same words. */
export function formatWindow({ on, from, to, zone }: Window): string {
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0')
  const clock = (minute: number): string => `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`
  const day =
    'weekday' in on
      ? (DAYS[on.weekday] ?? '').slice(0, 3)
      : `${pad(on.year, 4)}-${pad(on.month)}-${pad(on.day)}`
  return `${day} ${clock(from)}-${clock(to > DAY_MINUTES ? to - DAY_MINUTES : to)} ${zone}`
}

/** `Sat 2026-11-28 22:00`, as the clocks of the zone show it. */
export function formatIn(zone: string, time: Date): string {
  const { year, month, day, minute } = localOf(zone, time)
  const wall = new Date(Date.UTC(year, month - 1, day, 0, minute))
  return `${(DAYS[wall.getUTCDay()] ?? '').slice(0, 3)} ${wall.toISOString().slice(0, 16).replace('T', ' ')}`
}

/** The openings of one window that end after `time`: those that begin within the next `days`. */
function openingsOf({ on, from, to, zone }: Window, time: Date, days: number): readonly Opening[] {
  const days0 =
    'weekday' in on
      ? daysFrom(localOf(zone, time), days).filter((day) => weekdayOf(day) === on.weekday)
      : [on]
  return days0
    .map((day) => ({
      from: instantOf(zone, { ...day, minute: from }),
      to: instantOf(zone, { ...day, minute: to }),
    }))
    .filter((opening) => opening.from < opening.to && opening.to > time)
}

interface Day {
  readonly year: number
  readonly month: number
  readonly day: number
}

const weekdayOf = ({ year, month, day }: Day): number => new Date(Date.UTC(year, month - 1, day)).getUTCDay()

/** The days from two before `first`, since a window of yesterday may still be open. */
function daysFrom({ year, month, day }: Day, count: number): readonly Day[] {
  return Array.from({ length: count + 3 }, (_, index) => {
    const date = new Date(Date.UTC(year, month - 1, day - 2 + index))
    return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
  })
}

/**
 * The openings of all windows together that have not ended at `time`, in order, at most `count`. Openings that touch
 * are one.
 */
export function openings(windows: readonly Window[], time: Date, count = 1): readonly Opening[] {
  // A week more than `count` weeks: one opening may fall out where clocks are changed.
  const all = windows.flatMap((window) => openingsOf(window, time, 7 * (count + 1)))
  const joined: Opening[] = []
  for (const next of [...all].sort((a, b) => a.from.getTime() - b.from.getTime())) {
    const last = joined.at(-1)
    if (last === undefined || next.from > last.to) joined.push(next)
    else if (next.to > last.to) joined[joined.length - 1] = { from: last.from, to: next.to }
  }
  return joined.slice(0, count)
}

/** The opening that `time` lies in. */
export function openAt(windows: readonly Window[], time: Date): Opening | undefined {
  const [next] = openings(windows, time)
  return next !== undefined && next.from <= time ? next : undefined
}

/**
 * The windows of a job, from the texts that it keeps. They were read when they were set; one that cannot be read now
 * is thrown as a bug, for a job without it could be completed at any time.
 */
export function windowsOf(job: { readonly windows: readonly string[] }): readonly Window[] {
  return job.windows.map((text) => {
    const read = parseWindow(text)
    if ('problem' in read) throw new Error(`a window cannot be read any more: ${text}: ${read.problem}`)
    return read
  })
}
