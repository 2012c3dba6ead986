/** The checklist of one job in a cutover: each step as it stands, read from the job's true state and from people's ticks. */
import type { Approval } from './approval.ts'
import { formatBytes } from './bytes.ts'
import { formatDuration } from './duration.ts'
import { faultEntry } from './faults.ts'
import type { CutoverJob, PersonStep } from './cutover.ts'
import type { Image, Job, Sync } from './job.ts'
import { STATE_LABELS } from './job.ts'
import { percentDone } from './pace.ts'

export const STEPS = [
  'services-stopped',
  'approval',
  'last-sync',
  'complete',
  'verify',
  'addresses',
  'services-up',
] as const
export type StepName = (typeof STEPS)[number]

export const STEP_LABELS: Record<StepName | 'sign-off', string> = {
  'services-stopped': 'Services stopped',
  approval: 'Approval',
  'last-sync': 'Last sync',
  complete: 'Complete',
  verify: 'Verify',
  addresses: 'Addresses and DNS',
  'services-up': 'Services up',
  'sign-off': 'Sign-off',
}

export interface Step {
  readonly step: StepName
  readonly state: 'done' | 'doing' | 'to do' | 'failed' | 'left out'
  readonly detail: string
}

/** What is known of a job of a cutover. */
export interface JobFacts {
  readonly entry: CutoverJob
  readonly job: Job
  /** The last sync that was asked for with `complete`, since the cutover began or before. */
  readonly finalSync: Sync | undefined
  /** The newest request to complete it since the cutover began. */
  readonly request: Approval | undefined
  /** How many others must agree to complete it, by the policy now. */
  readonly needed: number
  /** Its newest image. */
  readonly image: Image | undefined
  /** A verification of that image that runs, in words; undefined when none does. */
  readonly verifying: string | undefined
}

export function stepsOf(facts: JobFacts): readonly Step[] {
  return [
    servicesStopped(facts),
    approval(facts),
    lastSync(facts),
    complete(facts),
    verify(facts),
    ticked(facts, 'addresses'),
    ticked(facts, 'services-up'),
  ]
}

/** Whether all of it is done, or was left out for good. */
export function isThrough(steps: readonly Step[]): boolean {
  return steps.every(({ state }) => state === 'done' || state === 'left out')
}

const isGoing = ({ job }: JobFacts): boolean => job.completing || job.state === 'completed'

function ticked({ entry }: JobFacts, step: PersonStep & StepName): Step {
  const tick = entry.ticks[step]
  return tick === undefined
    ? { step, state: 'to do', detail: '' }
    : { step, state: 'done', detail: `by ${tick.by}` }
}

function servicesStopped(facts: JobFacts): Step {
  const step = ticked(facts, 'services-stopped')
  if (step.state === 'done') return step
  if (facts.finalSync?.servicesStopped === true && isGoing(facts))
    return { ...step, state: 'done', detail: `as ${facts.finalSync.askedBy} said` }
  return isGoing(facts) ? { ...step, state: 'left out', detail: 'nobody has said so' } : step
}

function approval(facts: JobFacts): Step {
  const { request, needed, entry } = facts
  const step = { step: 'approval' } as const
  if (request !== undefined && (request.status === 'used' || isGoing(facts)))
    return {
      ...step,
      state: 'done',
      detail: `by ${request.approvedBy.join(', ')} (request ${request.number})`,
    }
  if (isGoing(facts)) return { ...step, state: 'left out', detail: 'none was needed' }
  if (request?.status === 'open')
    return {
      ...{ ...step, state: 'doing' },
      detail: `request ${request.number}: ${request.approvedBy.length} of ${request.needed}`,
    }
  if (request?.status === 'approved')
    return { ...step, state: 'doing', detail: `request ${request.number} is approved` }
  if (request !== undefined && request.status !== 'void' && !isAskedAnew(entry, request))
    return { ...step, state: 'failed', detail: cameToNothing(request) }
  return needed === 0
    ? { ...step, state: 'left out', detail: 'the policy asks for none' }
    : { ...step, state: 'to do', detail: `${needed} needed` }
}

function cameToNothing({ number, status, deniedBy, reason }: Approval): string {
  if (status !== 'denied') return `request ${number} has expired`
  return `request ${number} is denied by ${deniedBy ?? 'somebody'}${reason === null ? '' : `: ${reason}`}`
}

/** Whether somebody has ticked `services-stopped` again after the request came to nothing. */
export function isAskedAnew({ ticks }: CutoverJob, request: Approval): boolean {
  const tick = ticks['services-stopped']
  return tick !== undefined && request.endedAt !== null && tick.at > request.endedAt
}

function lastSync({ job, finalSync }: JobFacts): Step {
  const step = { step: 'last-sync' } as const
  if (finalSync === undefined)
    return isOverWithout(job)
      ? { ...step, state: 'left out', detail: 'completed without one' }
      : { ...step, state: 'to do', detail: '' }
  const { progress, phase, result, startedAt, endedAt } = finalSync
  if (result === 'ok' && endedAt !== null)
    return {
      ...{ ...step, state: 'done' },
      detail: `#${finalSync.number}: ${formatBytes(progress.changedBytes)} changed, ${formatDuration(endedAt.getTime() - startedAt.getTime())}`,
    }
  if (result !== null) return { ...step, state: 'failed', detail: `#${finalSync.number} was cancelled` }
  if (job.state === 'error') return { ...step, state: 'failed', detail: faultWords(job) }
  const isStill = job.state === 'paused' || job.state === 'pausing'
  return {
    ...{ ...step, state: 'doing' },
    detail: isStill
      ? `#${finalSync.number} is ${STATE_LABELS[job.state]}`
      : `#${finalSync.number} is ${phase}, ${percentDone(phase, result, progress)} %`,
  }
}

const isOverWithout = ({ state, completing }: Job): boolean => completing || state === 'completed'

function complete({ job, finalSync, entry }: JobFacts): Step {
  const step = { step: 'complete' } as const
  if (job.state === 'completed') return { ...step, state: 'done', detail: '' }
  if (job.state === 'completing') return { ...step, state: 'doing', detail: '' }
  if (['cancelling', 'cancelled', 'clearing', 'cleared'].includes(job.state))
    return { ...step, state: 'failed', detail: `the job is ${STATE_LABELS[job.state]}` }
  const isFinal = finalSync !== undefined && finalSync.result === null
  if (job.state === 'error' && !isFinal) return { ...step, state: 'failed', detail: faultWords(job) }
  // It is waited for, and asked again; people should know what for.
  if (entry.obstacle !== null && !job.completing)
    return { ...step, state: 'to do', detail: entry.obstacle.title }
  const mayBegin = job.completing || job.state === 'waiting' || entry.ticks['services-stopped'] === undefined
  return { ...step, state: 'to do', detail: mayBegin ? '' : `the job is ${STATE_LABELS[job.state]}` }
}

function faultWords({ fault }: Job): string {
  return fault === null ? 'in Error' : `${fault.code}: ${faultEntry(fault.code).title}`
}

function verify({ job, image, verifying, entry }: JobFacts): Step {
  const step = { step: 'verify' } as const
  const byHand = entry.ticks['verified-by-hand']
  if (image?.verdict === 'Verified' && job.state === 'completed')
    return { ...step, state: 'done', detail: `image #${image.number} is Verified` }
  if (byHand !== undefined) return { ...step, state: 'done', detail: `looked at by ${byHand.by}` }
  if (job.state !== 'completed') return { ...step, state: 'to do', detail: '' }
  if (verifying !== undefined) return { ...step, state: 'doing', detail: verifying }
  if (image?.verdict === 'Not Verified')
    return { ...step, state: 'failed', detail: `image #${image.number} is Not Verified` }
  return { ...step, state: 'to do', detail: '' }
}
