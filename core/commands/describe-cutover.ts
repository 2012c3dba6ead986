/** A cutover as people see it: the checklist as it truly stands, the window, the roles, and what to do next. */
import { counted } from '../domain/counted.ts'
import type { Cutover } from '../domain/cutover.ts'
import type { TimelineEntry } from '../domain/cutover-report.ts'
import { timelineOf } from '../domain/cutover-report.ts'
import { rolesWords } from '../domain/cutover.ts'
import type { JobFacts, Step } from '../domain/cutover-steps.ts'
import { isThrough, STEP_LABELS, STEPS, stepsOf } from '../domain/cutover-steps.ts'
import { hasBegun, nextAsks } from '../domain/cutover-wave.ts'
import { formatDuration, formatMoment } from '../domain/duration.ts'
import { approvalRule } from '../domain/policy.ts'
import { openings, windowsOf } from '../domain/window.ts'
import type { Looking } from './define.ts'
import type { NextStep, Reply, Table } from './reply.ts'
import { accepted, done } from './reply.ts'
import { resultWords } from './verification-records.ts'
import type { View } from './view.ts'

const MOST_STEPS = 8
const MOST_HAPPENINGS = 3

/** What is known of each of its jobs, in their order. */
export async function factsOf(
  { store, policy }: Looking,
  { jobs, startedAt }: Cutover,
): Promise<readonly JobFacts[]> {
  return Promise.all(
    jobs.map(async (entry): Promise<JobFacts> => {
      const { jobId } = entry
      const [job, syncs, request, images, verifications] = await Promise.all([
        store.jobs.byId(jobId),
        store.syncs.list(jobId, 10),
        store.approvals.latest(jobId, 'complete', startedAt),
        store.images.list(jobId),
        store.verifications.list(jobId),
      ])
      if (job === undefined) throw new Error(`the job ${jobId} of a cutover is gone`)
      const image = images.at(-1)
      const running = verifications.find(({ endedAt, imageId }) => endedAt === null && imageId === image?.id)
      return {
        ...{ entry, job, request, image },
        finalSync: syncs.find(
          ({ kind, startedAt: at, result }) =>
            kind === 'final' && (at >= startedAt || (job.completing && result !== 'cancelled')),
        ),
        needed: approvalRule(policy, 'complete', job.name).needed,
        verifying: running === undefined ? undefined : resultWords(running),
      }
    }),
  )
}

/** Its timeline so far, drawn from the audit, oldest first. */
export async function happenedIn(
  { store }: Looking,
  { jobs, startedAt, ended }: Cutover,
  now: Date,
): Promise<readonly TimelineEntry[]> {
  const until = new Date((ended?.at ?? now).getTime() + 1000)
  const rows = await store.audit.of(
    jobs.map(({ jobId }) => jobId),
    startedAt,
    until,
  )
  return timelineOf(
    rows.map(({ at, job, actor, action, outcome, facts = {} }) => ({
      ...{ at, job, person: actor.person, action, outcome, facts },
    })),
  )
}

export async function viewCutover(looking: Looking, number: string): Promise<View | undefined> {
  const { store } = looking
  const cutover = /^[0-9]{1,9}$/.test(number) ? await store.cutovers.byNumber(Number(number)) : undefined
  if (cutover === undefined) return undefined
  const { reply, halted, isMoving } = await describeCutover(looking, cutover)
  const { ended } = cutover
  if (ended !== null) return { reply, tone: ended.result === 'done' ? 'good' : 'neutral', closed: true }
  return { reply, tone: halted ? 'bad' : isMoving ? 'moving' : 'waits', closed: false }
}

export async function describeCutover(
  looking: Looking,
  cutover: Cutover,
): Promise<{ readonly reply: Reply; readonly halted: boolean; readonly isMoving: boolean }> {
  const now = await looking.store.now()
  const [facts, timeline] = await Promise.all([factsOf(looking, cutover), happenedIn(looking, cutover, now)])
  const { halted } = nextAsks(cutover, facts, now)
  const checklist = facts.map((each) => ({ facts: each, steps: stepsOf(each) }))
  const all = checklist.flatMap(({ steps }) => steps)
  const left = all.filter(({ state }) => state !== 'done' && state !== 'left out').length
  const { number, ended, signedOff, concurrency, stopsOnFailure, verifies } = cutover
  const names = facts.map(({ job }) => job.name)
  const more = {
    facts: {
      Jobs: names.join(', '),
      Roles: rolesWords(cutover),
      ...countdown(facts, now),
      ...(names.length === 1
        ? {}
        : {
            Wave: `in this order, ${concurrency} at a time; ${stopsOnFailure ? 'no further one begins once one has failed' : 'the others go on when one fails'}`,
          }),
      ...(halted === null ? {} : { 'Held up by': halted }),
      ...(verifies ? {} : { Verification: 'only when somebody asks for it' }),
      ...latest(timeline, names.length > 1),
      'Sign-off': signedOff === null ? 'not yet' : `by ${signedOff.by}, ${formatMoment(signedOff.at)}`,
      ...(ended === null
        ? {}
        : {
            Ended: `${ended.result} by ${ended.by}, ${formatMoment(ended.at)}${ended.reason === null ? '' : `: ${ended.reason}`}`,
          }),
    },
    table: tableOf(checklist),
    actions: ended === null ? nextStepsOf(cutover, checklist) : [reportStep(number)],
    data: {
      cutover: number,
      jobs: names,
      roles: cutover.roles,
      offers: cutover.offers.map(({ role, to, by }) => ({ role, to, by })),
      halted,
      result: ended?.result ?? null,
      signedOff: signedOff !== null,
      checklist: checklist.map(({ facts: { job }, steps }) => ({
        job: job.name,
        state: job.state,
        steps: steps.map((step) => ({ ...step, label: STEP_LABELS[step.step] })),
      })),
    },
  }
  const title = `Cutover ${number} of ${names.join(', ')}`
  const reply =
    ended !== null
      ? done('cutover-ended', `${title} has ended: ${ended.result}.`, more)
      : accepted(
          halted === null ? 'cutover-open' : 'cutover-halted',
          `${title}: ${left === 0 ? 'all steps are done' : `${counted(left, 'step')} of ${all.length} left`}.`,
          more,
        )
  return { reply, halted: halted !== null, isMoving: all.some(({ state }) => state === 'doing') }
}

/** The end of the timeline; the report has all of it. */
function latest(timeline: readonly TimelineEntry[], ofSeveral: boolean): Readonly<Record<string, string>> {
  const words = timeline
    .slice(-MOST_HAPPENINGS)
    .map(
      ({ at, who, job, what }) =>
        `${at.toISOString().slice(11, 16)} ${who}${ofSeveral && job !== '' ? ` (${job})` : ''}: ${what}`,
    )
  return words.length === 0 ? {} : { Latest: `${words.join('; ')} (times in UTC)` }
}

interface Checked {
  readonly facts: JobFacts
  readonly steps: readonly Step[]
}

/** Step by step for one job; for several a row each. */
function tableOf(checklist: readonly Checked[]): Table {
  const [only] = checklist
  if (only !== undefined && checklist.length === 1)
    return {
      columns: ['step', 'state', 'detail'],
      rows: only.steps.map(({ step, state, detail }) => [STEP_LABELS[step], state, detail]),
    }
  return {
    columns: ['job', ...STEPS.map((step) => STEP_LABELS[step])],
    rows: checklist.map(({ facts: { job }, steps }) => [
      job.name,
      ...steps.map(({ state, detail }) =>
        state === 'done' || detail === '' ? state : `${state}: ${detail}`,
      ),
    ]),
  }
}

/** The window that closes first among the jobs that are not through, to the minute. */
function countdown(facts: readonly JobFacts[], now: Date): Readonly<Record<string, string>> {
  const openingsOf = facts
    .filter(({ job }) => job.state !== 'completed')
    .flatMap(({ job }) => openings(windowsOf(job), now).map((opening) => ({ job, opening })))
  const open = openingsOf
    .filter(({ opening }) => opening.from <= now)
    .toSorted((a, b) => a.opening.to.getTime() - b.opening.to.getTime())[0]
  const next = openingsOf.toSorted((a, b) => a.opening.from.getTime() - b.opening.from.getTime())[0]
  const words = (job: string, what: string, at: Date): string =>
    `${what} ${formatMoment(at)}, in ${formatDuration(Math.ceil((at.getTime() - now.getTime()) / 60_000) * 60_000)} (${job})`
  if (open !== undefined) return { Window: words(open.job.name, 'open, closes', open.opening.to) }
  return next === undefined ? {} : { Window: words(next.job.name, 'opens', next.opening.from) }
}

const reportStep = (number: number): NextStep => ({
  ...{ label: 'report', command: `cutover report cutover=${number}`, effect: 'read' },
})

/** What people are to do now, job by job. */
function nextStepsOf(cutover: Cutover, checklist: readonly Checked[]): readonly NextStep[] {
  const { number, signedOff, offers, verifies } = cutover
  const stateOf = (steps: readonly Step[], name: Step['step']): Step['state'] | undefined =>
    steps.find(({ step }) => step === name)?.state
  const check = (step: string, job: string): NextStep => ({
    ...{ label: `${step} ${job}`, command: `cutover check ${step} ${job} cutover=${number}` },
    effect: step === 'services-stopped' ? 'final' : 'change',
  })
  const ofJobs = checklist.flatMap(({ facts, steps }): readonly NextStep[] => {
    const { job, request } = facts
    if (job.state === 'error')
      return [
        { label: `troubleshoot ${job.name}`, command: `troubleshoot ${job.name}`, effect: 'read' },
        { label: `retry ${job.name}`, command: `retry ${job.name}`, effect: 'change' },
      ]
    if (request?.status === 'open')
      return [
        {
          label: `approve ${request.number}`,
          command: `approve ${request.number}`,
          effect: 'change',
          by: 'others',
        },
      ]
    if (job.state !== 'completed') {
      const isDenied = stateOf(steps, 'approval') === 'failed'
      const isToDo = stateOf(steps, 'services-stopped') === 'to do'
      return !hasBegun(facts) && (isToDo || isDenied) ? [check('services-stopped', job.name)] : []
    }
    return [
      // Where nothing is booted by itself, a person has looked.
      ...(stateOf(steps, 'verify') === 'failed' || (stateOf(steps, 'verify') === 'to do' && !verifies)
        ? [check('verify', job.name)]
        : []),
      ...(stateOf(steps, 'addresses') === 'to do' ? [check('addresses', job.name)] : []),
      ...(stateOf(steps, 'services-up') === 'to do' ? [check('services-up', job.name)] : []),
    ]
  })
  const isReady = checklist.every(({ steps }) => isThrough(steps))
  const closing: readonly NextStep[] =
    signedOff === null
      ? isReady
        ? [{ label: 'sign-off', command: `cutover check sign-off cutover=${number}`, effect: 'change' }]
        : []
      : [{ label: 'end', command: `cutover end cutover=${number}`, effect: 'change' }]
  const accept: readonly NextStep[] =
    offers.length === 0
      ? []
      : [{ label: 'accept', command: `handover accept cutover=${number}`, effect: 'change', by: 'others' }]
  return [...accept, ...ofJobs, ...closing].slice(0, MOST_STEPS)
}
