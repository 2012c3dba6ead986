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

/** A sync that is this late is late because nothing could run it: due ones start within seconds. */
export const LATE_MS = 120_000
/** Jobs that may be caught up at once; of more, the syncs are spread over time. */
const HERD = 20
/** The shortest time over which a herd is spread, and how many of it start in a second at most. */
const SPREAD_MS = 300_000
const PER_SECOND = 20

/** The most that is recorded of one job's missed syncs; nobody reads more. */
const MOST_MISSED = 1000

/**
 * How many due times passed unused while nothing could run, when the first of them was `lateMs` ago. The one that is
 * caught up now is not among them.
 */
export function missedRuns(lateMs: number, intervalMs: number): number {
  return Math.min(MOST_MISSED, Math.max(0, Math.floor(lateMs / intervalMs)))
}

/** Over how many milliseconds the syncs of so many late jobs are spread, so that downtime ends in no storm. */
export function spreadMs(lateJobs: number): number {
  return lateJobs <= HERD ? 0 : Math.max(SPREAD_MS, (lateJobs / PER_SECOND) * 1000)
}
