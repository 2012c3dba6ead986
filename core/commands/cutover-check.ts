import type { Cutover, PersonStep } from '../domain/cutover.ts'
import { withTick } from '../domain/cutover.ts'
import type { JobFacts } from '../domain/cutover-steps.ts'
import { isThrough, STEP_LABELS, stepsOf } from '../domain/cutover-steps.ts'
import { hasBegun } from '../domain/cutover-wave.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { choice, flag, name, optional } from './args.ts'
import { defineCommand } from './define.ts'
import { describeCutover, factsOf } from './describe-cutover.ts'
import { changeCutover, cutoverNumber, demandOpen, findCutover } from './find-cutover.ts'
import { refuseOutside } from './limits.ts'
import { findJob } from './on-job.ts'
import { lineOf } from './read.ts'
import { Refusal } from './reply.ts'

const CHECKS = ['services-stopped', 'verify', 'addresses', 'services-up', 'sign-off'] as const
type Check = (typeof CHECKS)[number]

const STEP_OF: Record<Exclude<Check, 'sign-off'>, PersonStep> = {
  'services-stopped': 'services-stopped',
  verify: 'verified-by-hand',
  addresses: 'addresses',
  'services-up': 'services-up',
}

export const cutoverCheck = defineCommand({
  name: 'cutover check',
  summary: 'Tick a step of a cutover that only people know; services-stopped lets its job be completed',
  effect: 'change',
  legalIn: 'in a cutover',
  args: {
    step: choice('what is done', CHECKS),
    job: optional(name('the job; may be left out when the cutover has one')),
    all: flag('for all jobs of the cutover'),
    undo: flag('it was ticked by mistake'),
    cutover: cutoverNumber,
  },
  example: 'cutover check services-stopped web-01',
  run: async ({ step, job, all, undo, cutover: number }, context) => {
    const found = await findCutover(context, { number, job })
    // Signing off is about all of them, and the answer tells of all of them.
    for (const each of found.jobs) refuseOutside(context.person, each.job)
    const jobs = step === 'sign-off' ? [] : jobsMeant(found, job, all)
    for (const each of jobs) await findJob(context, each)
    if (step === 'services-stopped' && !undo && !context.confirmed)
      throw new Refusal('confirm', `${whatFollows(found, jobs)} Confirm to go on.`, {
        actions: [{ label: 'confirm', command: lineOf(context.invocation), effect: 'final' }],
      })
    const at = await context.store.now()
    const mark = undo ? null : { by: context.person.name, at }
    const told = { step, ...(jobs.length === 0 ? {} : { of: jobs.join(', ') }), ...(undo ? { undo } : {}) }
    const after = await changeCutover(
      context,
      { number: found.number },
      async (cutover) => {
        demandOpen(cutover)
        const facts = await factsOf(context, cutover)
        if (step === 'sign-off') {
          if (!undo) demandAllDone(facts)
          return { ...cutover, signedOff: mark }
        }
        for (const each of facts) if (jobs.includes(each.job.name)) demandTime(step, each, undo)
        const next = withTick(cutover, jobs, STEP_OF[step], mark)
        if (next === undefined)
          throw new Refusal('not-ticked', `${STEP_LABELS[step]} of ${jobs.join(', ')} is not ticked.`)
        return next
      },
      told,
    )
    return (await describeCutover(context, after)).reply
  },
})

function jobsMeant({ number, jobs }: Cutover, job: string | undefined, all: boolean): readonly string[] {
  const names = jobs.map((each) => each.job)
  if (job !== undefined && !names.includes(job))
    throw new Refusal('no-such-job', `${job} is not in cutover ${number}: ${names.join(', ')} are.`)
  if (job !== undefined) return [job]
  if (all || names.length === 1) return names
  throw new Refusal(
    'missing-argument',
    `Say which job: ${names.join(', ')}; or --all. Example: cutover check services-stopped ${names[0] ?? ''}`,
  )
}

/** What cannot be taken back once the services are said to be stopped. */
function whatFollows({ concurrency, jobs: all }: Cutover, jobs: readonly string[]): string {
  const turn = all.length > concurrency ? 'when its turn comes' : 'at once'
  return `The services of ${jobs.join(', ')} are stopped: each job runs one last sync ${turn}, after the approvals that the policy asks for; then nothing syncs it any more and its intermediate is released.`
}

/** Refuses what is ticked before it can be true, and what can no longer be taken back. */
function demandTime(step: Exclude<Check, 'sign-off'>, facts: JobFacts, undo: boolean): void {
  const { job } = facts
  if (step === 'services-stopped') {
    if (!hasBegun(facts)) return
    const { request } = facts
    const way =
      request?.status === 'open'
        ? `request ${request.number} waits for approval: \`deny ${request.number} reason=…\` or \`withdraw ${request.number}\` first`
        : `${job.name} is ${STATE_LABELS[job.state]}`
    throw new Refusal(
      'not-legal-now',
      `${job.name} is being completed already, so this can${undo ? 'not be taken back' : ' not change anything'}: ${way}.`,
    )
  }
  if (undo || job.state === 'completed') return
  throw new Refusal(
    'not-legal-now',
    `${STEP_LABELS[step]} comes after ${job.name} is Completed; it is ${STATE_LABELS[job.state]}.`,
  )
}

function demandAllDone(facts: readonly JobFacts[]): void {
  const left = facts.flatMap((each) => {
    const steps = stepsOf(each)
    if (isThrough(steps)) return []
    const open = steps.filter(({ state }) => state !== 'done' && state !== 'left out')
    return `${each.job.name}: ${open.map(({ step }) => STEP_LABELS[step]).join(', ')}`
  })
  if (left.length === 0) return
  throw new Refusal(
    'steps-left',
    `There is nothing to sign off yet. Still open: ${left.join('; ')}. \`cutover stop reason=…\` ends it as it is.`,
  )
}
