/** What the engine and the clock tell of a job, as the statements that they write; the long work itself is left out. */
import type { Job } from '../../core/domain/job.ts'
import type { Event } from '../../core/domain/life.ts'
import { move, RESUMABLE, WORKING } from '../../core/domain/life.ts'
import { afterSync } from '../../core/domain/schedule.ts'
import { tellLost } from '../../core/engine/lost.ts'
import type { JobChange } from '../../core/ports/jobs.ts'
import type { Store } from '../../core/ports/store.ts'

export const TOLD = [
  'prepared',
  'synced',
  'finished',
  'paused',
  'completed',
  'cancelled',
  'cleared',
  'drilled',
  'critical',
  'fault',
  'due',
] as const satisfies readonly Event[]
export type Told = (typeof TOLD)[number]

/** `lost` is no move of its own: somebody released the intermediate, and the work in progress fails of it. */
export type EngineStep = Told | 'lost'

const ENGINE = { person: 'ferry', door: 'engine' } as const

const companion = (job: Job, event: Told, now: Date): Omit<JobChange, 'audit'> => {
  switch (event) {
    case 'prepared':
      return { set: { intermediate: 'ready' } }
    case 'synced':
      return { set: afterSync(job, now), endSync: { result: 'ok' } }
    case 'finished':
      return { set: { completing: true, nextSyncAt: null }, endSync: { result: 'ok' } }
    case 'completed':
      return {
        set: {
          intermediate: 'released',
          nextSyncAt: null,
          pendingIntervalMs: null,
          resume: null,
          endedAt: now,
        },
      }
    case 'cancelled':
    case 'cleared':
      return {
        set: { intermediate: 'released', endedAt: job.endedAt ?? now, resume: null },
        endSync: { result: 'cancelled' },
        endDrill: { result: 'stopped', items: [] },
      }
    case 'fault': {
      const resume = RESUMABLE.find((state) => state === job.state) ?? job.resume
      return {
        set: { resume, fault: { code: 'RECEIVER_UNREACHABLE', detail: 'no answer', at: now, tries: 5 } },
      }
    }
    case 'drilled':
      return { set: { resume: null }, endDrill: { result: 'clean', items: [] } }
    case 'critical':
      return { endDrill: { result: 'critical', items: [] } }
    case 'due':
      return {
        set: { nextSyncAt: null },
        startSync: { kind: 'incremental', trigger: 'schedule', askedBy: 'schedule' },
      }
    case 'paused':
      return {}
  }
}

/** Whether the engine has reason to tell this now: what the life table cannot know. */
async function hasReason(store: Store, job: Job, event: Told): Promise<boolean> {
  const running = await store.syncs.running(job.id)
  const isLast = running?.kind === 'final' || (running?.kind === 'full' && !job.auto)
  if (event === 'synced') return !isLast && job.intermediate === 'ready'
  if (event === 'finished') return isLast && job.intermediate === 'ready'
  if (event === 'due') return job.nextSyncAt !== null
  return true
}

/** What the engine comes to when nothing goes wrong; undefined where it has nothing to do. */
export async function goOn(store: Store, job: Job, now: Date): Promise<Job | undefined> {
  for (const event of TOLD.filter((each) => each !== 'fault' && each !== 'critical')) {
    const after = await tell(store, job, event, now)
    if (after !== undefined) return after
  }
  return undefined
}

/** A job at rest is told by the engine's own hand; one under way marks the loss and then fails of it. */
async function lose(store: Store, job: Job, now: Date): Promise<Job | undefined> {
  if (job.intermediate !== 'ready') return undefined
  if (WORKING.includes(job.state)) {
    const audit = { actor: ENGINE, action: 'intermediate.lost', outcome: 'done' }
    return store.jobs.change(job, { set: { intermediate: 'lost' }, audit })
  }
  const clock = { now: () => now, sleep: () => Promise.resolve() }
  await tellLost({ store, clock }, job, 'i-gone')
  return undefined
}

/** Writes what `step` leads to; undefined when it cannot happen now. */
export async function tell(store: Store, job: Job, step: EngineStep, now: Date): Promise<Job | undefined> {
  if (step === 'lost') return lose(store, job, now)
  const state = move(job, step)
  if (state === undefined || !(await hasReason(store, job, step))) return undefined
  const { set, ...rest } = companion(job, step, now)
  const audit = { actor: ENGINE, action: step, outcome: state }
  return store.jobs.change(job, { ...rest, set: { state, ...set }, audit })
}
