/** What a sync is expected to take, in words: the same in `status`, `sync`, `estimate`, and for who approves a cutover. */
import { formatBytes } from '../domain/bytes.ts'
import { formatDuration, formatSpan, formatTime } from '../domain/duration.ts'
import type { Forecast, Measured } from '../domain/forecast.ts'
import { forecastSync, scoreOf } from '../domain/forecast.ts'
import type { Job, Sync } from '../domain/job.ts'
import type { Context } from './define.ts'

/** How many former syncs a forecast may look at, missed and cancelled ones included. */
const HISTORY = 20

const LIMITS = {
  disk: 'the source’s disk',
  network: 'the network',
  limit: 'the bandwidth limit of the job',
  cloud: 'the cloud, which makes snapshots and image',
} as const

/** What a sync of this kind would take if it began now. `measured`: by an estimate. */
export async function forecastNow(
  { store, clock }: Pick<Context, 'store' | 'clock'>,
  job: Job,
  kind: Sync['kind'],
  measured?: Measured,
): Promise<Forecast> {
  const [disks, history] = await Promise.all([store.jobs.disks(job.id), store.syncs.list(job.id, HISTORY)])
  return forecastSync({
    kind,
    totalBytes: disks.reduce((sum, disk) => sum + disk.sizeBytes, 0),
    history: history.filter(({ result }) => result !== null),
    bytesPerSecond: job.bytesPerSecond,
    now: clock.now(),
    ...(measured === undefined ? {} : { measured }),
  })
}

/** `comparing 3 to 4 min, transferring 40 to 90 s, imaging 2 min` */
export function phaseWords({ comparing, transferring, imaging }: Forecast): string {
  return `comparing ${formatSpan(comparing)}, transferring ${formatSpan(transferring)}, imaging ${formatSpan(imaging)}`
}

/** The phases, and what they add up to: `…: a cutover now means 6 to 8 min of downtime`. */
export function downtimeWords(forecast: Forecast): string {
  return `${phaseWords(forecast)}: a cutover now means ${formatSpan(forecast.total)} of downtime`
}

/** What the longest phase waits for, and what the forecast rests on. */
export function limitWords({ limitedBy, basis }: Forecast): string {
  const rests =
    basis === 0
      ? 'no sync of this job has ended yet, so ordinary speeds are assumed'
      : `from the last ${basis === 1 ? 'sync' : `${basis} syncs`}`
  return `${LIMITS[limitedBy]}; ${rests}`
}

/** `1.2 to 3.4 GiB`, as far as their units allow. */
export function changedWords({ changedBytes: { low, high } }: Forecast): string {
  const [from, to] = [formatBytes(low), formatBytes(high)]
  return from === to ? to : `${from} to ${to}`
}

/** The facts of a cutover that began now, for people who decide on it: `status`, `sync`, the evidence of `complete`. */
export async function describeForecast(
  context: Pick<Context, 'store' | 'clock'>,
  job: Job,
): Promise<Readonly<Record<string, string>>> {
  const estimate = await freshEstimate(context, job)
  const forecast = await forecastNow(context, job, 'final', estimate?.measured)
  const counted = estimate === undefined ? '' : `, counted ${formatTime(estimate.at, context.clock.now())}`
  return {
    'Cutover now': `${downtimeWords(forecast)}; about ${changedWords(forecast)} to send${counted}`,
    'Limited by': limitWords(forecast),
  }
}

/** How long what an estimate has counted is told as if it were so now. */
export const FRESH_MS = 600_000

interface Counted {
  readonly measured: Measured
  readonly at: Date
}

/** What the job's last estimate has found, unless a sync has begun since or it is long ago. */
export async function freshEstimate(
  context: Pick<Context, 'store' | 'clock'>,
  job: Job,
): Promise<Counted | undefined> {
  const last = await lastEstimate(context, job)
  const isFresh = last !== undefined && context.clock.now().getTime() - last.at.getTime() <= FRESH_MS
  return isFresh ? last : undefined
}

/** The same however long ago it is. */
export async function lastEstimate(
  { store }: Pick<Context, 'store'>,
  job: Job,
): Promise<Counted | undefined> {
  const task = await store.tasks.latest(job.sourceId, 'estimate', { done: true })
  if (task?.jobId !== job.id || task.result == null || task.endedAt === null) return undefined
  const [newest] = await store.syncs.list(job.id, 1)
  if (newest !== undefined && newest.startedAt > task.askedAt) return undefined
  const changedBytes = task.result.disks.reduce((sum, disk) => sum + disk.changedBytes, 0)
  return { measured: { changedBytes, comparingMs: task.result.comparingMs }, at: task.endedAt }
}

/** Forecast, actual and verdict of a sync that has ended: `6 to 8 min`, `7m 12s`, `inside`. */
export function scoreWords(sync: Sync): { readonly forecast: string; readonly verdict: string } {
  const forecast = sync.forecast === null ? '' : formatSpan(sync.forecast.total)
  const score = scoreOf(sync)
  if (score === undefined) return { forecast, verdict: '' }
  if (score.actualMs === null) return { forecast, verdict: 'interrupted: not counted' }
  const actual = formatDuration(score.actualMs)
  return {
    forecast,
    verdict: score.verdict === 'inside' ? `${actual}, inside` : `${actual}, ${score.verdict}`,
  }
}
