/** How a job's fault is told: what was tried, what comes next, how it ended, and what going on would cost. */
import { formatBytes } from '../domain/bytes.ts'
import { growingChanges } from '../domain/converging.ts'
import { costWords } from '../domain/cost.ts'
import { formatDuration, formatSpan, formatTime } from '../domain/duration.ts'
import { isStanding, MOST_TRIES } from '../domain/fault-course.ts'
import type { FaultEntry } from '../domain/fault-entry.ts'
import { faultEntry, FAULTS, remedyOf } from '../domain/faults.ts'
import type { Job, JobFault, Sync } from '../domain/job.ts'
import { STATE_LABELS } from '../domain/job.ts'
import type { Looking } from './define.ts'
import { forecastNow } from './describe-forecast.ts'
import type { Table } from './reply.ts'

/** `trying again in 8 s (try 2 of 6): the cloud …`; undefined when nothing is being tried again by itself. */
export function tryingWords(job: Job, running: Sync | undefined, now: Date): string | undefined {
  const { fault } = job
  if (fault?.course?.againAt == null || job.state === 'error' || !isStanding(fault, running)) return undefined
  const inMs = fault.course.againAt.getTime() - now.getTime()
  const when = inMs > 0 ? `trying again in ${formatDuration(Math.max(1000, inMs))}` : 'trying again now'
  return `${when} (try ${fault.tries + 1} of ${MOST_TRIES + 1}): ${faultEntry(fault.code).title}: ${fault.detail}`
}

/** How a fault of a job that is not in Error went on. */
export function endingWords(job: Job, running: Sync | undefined, now: Date): string {
  const { fault } = job
  if (fault === null) return 'there was none'
  if (fault.ended !== undefined) {
    const { at, state, by } = fault.ended
    const who = by === 'ferry' ? '' : `, by ${by}`
    return `${formatTime(at, now)}: ${job.name} went on to ${STATE_LABELS[state]}${who}`
  }
  if (fault.course === undefined) return 'it stands no more'
  if (!isStanding(fault, running)) return 'the next try went on; the sync moves again'
  return (
    tryingWords(job, running, now) ??
    `${job.name} is ${STATE_LABELS[job.state]} again and has not got further yet`
  )
}

/** Each time that it failed or was tried again, oldest first; undefined when that was not written down. */
export function attemptsTable(fault: JobFault): Table | undefined {
  const attempts = fault.course?.attempts ?? []
  if (attempts.length === 0) return undefined
  return {
    columns: ['at', 'what'],
    rows: attempts.map(({ at, what }) => [`${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`, what]),
  }
}

/** The commands in a remedy, ready to copy. */
export function commandsIn(remedy: string): readonly string[] {
  return [...new Set([...remedy.matchAll(/`([^`]+)`/g)].map(([, command]) => command ?? ''))]
}

/** What it would take to go on from here, and to begin anew: bytes, time, money. */
export async function costsOfGoingOn(
  context: Looking,
  job: Job,
  entry: FaultEntry,
): Promise<Readonly<Record<string, string>>> {
  const { store } = context
  const running = await store.syncs.running(job.id)
  const open = (await store.ledger.open(job.id)).filter(({ kind }) => kind === 'instance' || kind === 'disk')
  const full = await forecastNow(context, job, 'full')
  const anew = `about ${formatBytes(full.changedBytes.low)} to ${formatBytes(full.changedBytes.high)} to send, ${formatSpan(full.total)}`
  const cost = costWords(open)
  return {
    ...(entry.retryable && job.intermediate !== 'lost'
      ? { 'To go on': await resumeWords(context, job, running) }
      : {}),
    'To start over': `\`clear ${job.name}\` and create it again: ${anew}`,
    'Money meanwhile':
      open.length === 0
        ? 'nothing is billed but images and snapshots'
        : `${open.length} billed: ${cost ?? 'the price is not known'}`,
  }
}

async function resumeWords(context: Looking, job: Job, running: Sync | undefined): Promise<string> {
  if (job.resume !== 'syncing' && job.resume !== 'preparing')
    return running === undefined ? 'nothing is sent' : 'nothing is sent before the next sync'
  const forecast = await forecastNow(context, job, running?.kind ?? 'full')
  if (running !== undefined && running.transferredAt !== null)
    return `no byte to send: only the image is made, ${formatSpan(forecast.imaging)}`
  const { changedBytes = 0, appliedBytes = 0 } = running?.progress ?? {}
  const left = (bytes: number): number => Math.max(0, changedBytes - appliedBytes, bytes - appliedBytes)
  return `compares again, about ${formatBytes(left(forecast.changedBytes.low))} to ${formatBytes(left(forecast.changedBytes.high))} to send (${formatBytes(appliedBytes)} are there already), at most ${formatSpan(forecast.total)}`
}

/** Why a migration does not converge, and what helps; undefined when it does. `history`: newest first. */
export function convergingWords({ name }: Job, history: readonly Sync[]): string | undefined {
  const changes = growingChanges(history)
  if (changes === undefined) return undefined
  const entry = FAULTS.NOT_CONVERGING
  return `${entry.title}: ${changes.map(formatBytes).join(', ')} changed in the last ${changes.length} syncs. ${remedyOf(entry, name)}`
}
