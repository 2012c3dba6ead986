/** What holds a job: a freeze, which stops everything that starts or completes; a lock, which stops everybody else. */
import type { Freeze, Job, Lock, State } from './job.ts'
import { ENDED } from './life.ts'

/**
 * States that a frozen job does not enter from one at rest: a sync begins, or the end. What is under way goes on.
 * The store refuses such a move in the statement that makes it.
 */
export const BEGINNINGS: readonly State[] = ['preparing', 'syncing', 'completing']

/** From these the way goes on through `BEGINNINGS`, frozen or not. */
export const UNDER_WAY: readonly State[] = ['preparing', 'syncing']

/** The freeze that holds a job: its own, or that of all jobs. One that has ended is held by nothing. */
export function freezeOf(job: Pick<Job, 'frozen' | 'state'>, ofAll: Freeze | undefined): Freeze | undefined {
  return ENDED.includes(job.state) ? undefined : (job.frozen ?? ofAll)
}

/** The lock that keeps this person from changing the job; one that has ended counts for nothing. */
export function lockAgainst(job: Pick<Job, 'lock'>, person: string, now: Date): Lock | undefined {
  return job.lock === null || job.lock.by === person || job.lock.until <= now ? undefined : job.lock
}

/** The lock if it has not ended. */
export function standingLock(job: Pick<Job, 'lock'>, now: Date): Lock | undefined {
  return job.lock === null || job.lock.until <= now ? undefined : job.lock
}
