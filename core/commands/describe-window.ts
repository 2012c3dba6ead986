/** When a cutover is allowed, in words: in UTC, which all of Ferry speaks, and on the clocks of the window's zone. */
import { formatDuration, formatTime } from '../domain/duration.ts'
import type { Job } from '../domain/job.ts'
import { formatIn, openings, windowsOf } from '../domain/window.ts'
import type { Table } from './reply.ts'

const SHOWN = 3

/** `open until 18:00 UTC (Sun 02:00 Asia/Shanghai)`, `opens …`, or that none comes any more. */
export function windowWords(job: Pick<Job, 'windows'>, now: Date): string {
  const windows = windowsOf(job)
  const [zone] = zonesOf(job)
  const [next] = openings(windows, now)
  if (zone === undefined) return 'none: a cutover is allowed at any time'
  if (next === undefined) return `${job.windows.join(', ')}: over, it does not open again`
  const isOpen = next.from <= now
  const edge = isOpen ? next.to : next.from
  const left = formatDuration(edge.getTime() - now.getTime())
  const there = zone === 'UTC' ? '' : ` (${formatIn(zone, edge)} ${zone})`
  return `${job.windows.join(', ')}: ${isOpen ? 'open until' : 'opens'} ${formatTime(edge, now)}${there}, in ${left}`
}

/** The next openings, a row each. */
export function openingsTable(job: Pick<Job, 'windows'>, now: Date): Table {
  const zones = zonesOf(job).filter((zone) => zone !== 'UTC')
  return {
    columns: ['opens', 'closes', ...zones],
    rows: openings(windowsOf(job), now, SHOWN).map(({ from, to }) => [
      formatTime(from, now),
      formatTime(to, now),
      ...zones.map((zone) => `${formatIn(zone, from)} to ${formatIn(zone, to)}`),
    ]),
  }
}

/** The same for programs. */
export function windowData(job: Pick<Job, 'windows'>, now: Date): Readonly<Record<string, unknown>> {
  const next = openings(windowsOf(job), now, SHOWN)
  return {
    windows: job.windows,
    windowOpen: job.windows.length === 0 || next.some(({ from }) => from <= now),
    openings: next.map(({ from, to }) => ({ from: from.toISOString(), to: to.toISOString() })),
  }
}

function zonesOf(job: Pick<Job, 'windows'>): readonly string[] {
  return [...new Set(windowsOf(job).map(({ zone }) => zone))]
}
