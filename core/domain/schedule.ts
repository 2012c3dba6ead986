import type { Job } from './job.ts'

type Scheduled = Pick<Job, 'auto' | 'intervalMs' | 'pendingIntervalMs'>

/**
 * What the schedule looks like once a sync has ended at `end`: a changed interval comes into force now (S6), and
 * the next sync is due one interval after this end (S2), whoever asked for this one.
 */
export function afterSync(
  job: Scheduled,
  end: Date,
): Pick<Job, 'intervalMs' | 'pendingIntervalMs' | 'nextSyncAt'> {
  const intervalMs = job.pendingIntervalMs ?? job.intervalMs
  return {
    intervalMs,
    pendingIntervalMs: null,
    nextSyncAt: job.auto ? new Date(end.getTime() + intervalMs) : null,
  }
}

/**
 * How many due times passed unused between the first one and now, while nothing could run (the bot was down).
 * The one that is run now is not among them.
 */
export function missedRuns(dueAt: Date, intervalMs: number, now: Date): number {
  const late = now.getTime() - dueAt.getTime()
  return late < intervalMs ? 0 : Math.floor(late / intervalMs)
}
