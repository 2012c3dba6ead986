/** How a job's fault goes on: what was tried and when, what comes next, how it ended; and what counts as getting on. */
import type { FaultCode } from './faults.ts'
import type { JobFault, Phase, State, Sync } from './job.ts'

/** How often a fault is tried again by itself before it is shown as Error. */
export const MOST_TRIES = 5
/** How many tries one sync gets though it moves in between: one that falters this often needs somebody to look. */
const MOST_IN_ALL = 50
/** So many of the last tries are kept. */
const KEPT_ATTEMPTS = 20
/** Fewer bytes than this may be what the source has written since, and no progress. */
const PROGRESS_BYTES = 1024 ** 2
/** Faults that say that a whole pass was in vain: what it moved is no progress. */
const IN_VAIN: readonly FaultCode[] = ['ROOTS_DIFFER', 'INTERNAL']

/** How far a sync was when it failed. */
export interface Reached {
  readonly sync: number
  readonly phase: Phase
  readonly appliedBytes: number
  readonly imagePercent: number
}

export interface FaultCourse {
  /** What the job was doing. */
  readonly step: State
  readonly reached: Reached | null
  /** Oldest first: each time that it failed, and each time that a person had it tried again. */
  readonly attempts: readonly { readonly at: Date; readonly what: string }[]
  /** How often it has failed, those included that are no longer kept. */
  readonly failures: number
  /** When it is tried again by itself; null when it is not. */
  readonly againAt: Date | null
}

export function reachedBy(sync: Sync | undefined): Reached | null {
  if (sync === undefined) return null
  const { appliedBytes, imagePercent } = sync.progress
  return { sync: sync.number, phase: sync.phase, appliedBytes, imagePercent }
}

/** Whether a sync has got on since it failed: then its failures so far count no more. */
export function hasMoved(before: Reached | null | undefined, now: Reached | null): boolean {
  if (before == null || now === null || before.sync !== now.sync) return false
  if (now.phase === 'imaging' && before.phase !== 'imaging') return true
  if (now.imagePercent > before.imagePercent) return true
  return now.appliedBytes - before.appliedBytes >= PROGRESS_BYTES
}

export interface Met {
  readonly code: FaultCode
  readonly detail: string
  readonly at: Date
  readonly step: State
  readonly reached: Reached | null
}

/** The job's fault once another failure is added to it; one of another step or sync, or after its end, begins anew. */
export function withFailure(before: JobFault | null, met: Met): JobFault & { readonly course: FaultCourse } {
  const { code, detail, at, step, reached } = met
  const course = before?.ended === undefined ? before?.course : undefined
  const goesOn = course?.step === step && course.reached?.sync === reached?.sync
  const attempts = [...(goesOn ? course.attempts : []), { at, what: `${code}: ${detail}` }]
  return {
    ...{ code, detail, at, tries: 0 },
    course: {
      ...{ step, reached, againAt: null },
      attempts: attempts.slice(-KEPT_ATTEMPTS),
      failures: (goesOn ? course.failures : 0) + 1,
    },
  }
}

/** How many of the tries so far still count against this failure. `tries`: since the step last succeeded. */
export function countedTries(before: JobFault | null, met: Met, tries: number): number {
  const course = before?.ended === undefined ? before?.course : undefined
  if (course === undefined || course.failures >= MOST_IN_ALL || IN_VAIN.includes(met.code)) return tries
  return hasMoved(course.reached, met.reached) ? 0 : tries
}

/** The fault with a person's `retry` written down. */
export function withRetry(fault: JobFault, person: string, at: Date): JobFault {
  const { course } = fault
  if (course === undefined) return fault
  const attempts = [...course.attempts, { at, what: `${person} asked to retry` }].slice(-KEPT_ATTEMPTS)
  return { ...fault, course: { ...course, attempts, againAt: null } }
}

/** Whether the fault stands in the way now: neither ended nor left behind by a sync that moves again. */
export function isStanding(fault: JobFault, running: Sync | undefined): boolean {
  if (fault.ended !== undefined || fault.course === undefined) return false
  return !hasMoved(fault.course.reached, reachedBy(running))
}
