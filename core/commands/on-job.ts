/** What nearly every command does: find the job, ask the life table, write the change, or say why not. */
import type { Approval } from '../domain/approval.ts'
import { BEGINNINGS } from '../domain/hold.ts'
import { FAULTS, remedyOf } from '../domain/faults.ts'
import type { Job } from '../domain/job.ts'
import { STATE_LABELS } from '../domain/job.ts'
import type { Event } from '../domain/life.ts'
import { askableIn, labels, move, statesAllowing, WORKING } from '../domain/life.ts'
import type { JobChange } from '../ports/jobs.ts'
import type { Context } from './define.ts'
import { refuseFrozen, refuseLocked } from './held.ts'
import { nearest } from './nearest.ts'
import type { NextStep } from './reply.ts'
import { Refusal } from './reply.ts'

/**
 * The job of this name, for a command that may change it: refused with the nearest name if there is none, and to all
 * but its owner if it is locked.
 */
export async function findJob(context: Context, name: string): Promise<Job> {
  const job = await lookAt(context, name)
  const { command } = context.invocation
  const isReading = context.catalogue.some((other) => other.name === command && other.effect === 'read')
  if (!isReading) await refuseLocked(context, job)
  return job
}

/** The same for what is only looked at, locked or not. */
export async function lookAt(context: Context, name: string): Promise<Job> {
  const job = await context.store.jobs.named(name)
  if (job !== undefined) return job
  const names = (await context.store.jobs.list()).map((other) => other.name)
  const guess = nearest(name, names)
  throw new Refusal(
    'no-such-job',
    `There is no job ${name}.${guess === undefined ? '' : ` Did you mean ${guess}?`}${
      names.length === 0 ? ' There are no jobs yet: `create <name>` makes one.' : ' `list` shows all.'
    }`,
  )
}

/** Refuses unless `event` is legal for the job now; says where it is, and what can be asked instead. */
export function demandLegal(job: Job, event: Event, asked: string): void {
  if (job.intermediate === 'lost' && needsIntermediate(job, event)) throw whyLost(job)
  if (move(job, event) !== undefined) return
  throw new Refusal(
    'not-legal-now',
    `${asked} is not possible while ${job.name} is ${STATE_LABELS[job.state]}. It is possible in ${labels(statesAllowing(event))}.${afterDrill(job)}`,
    {
      facts: { 'Possible now': nowPossible(job).join(', ') },
      actions: nextSteps(job),
      data: { state: job.state },
    },
  )
}

/** What cannot be asked of a job whose intermediate was released, in whatever state it is (S21). */
const NEED_INTERMEDIATE: readonly Event[] = [
  'start',
  'sync',
  'complete',
  'last-sync',
  'pause',
  'resume',
  'retry',
]

/** On its way to its end a job needs it no more: that may be retried. */
function needsIntermediate({ resume }: Job, event: Event): boolean {
  const isEnding = resume === 'completing' || resume === 'cancelling' || resume === 'clearing'
  return NEED_INTERMEDIATE.includes(event) && !(event === 'retry' && isEnding)
}

function whyLost(job: Job): Refusal {
  const entry = FAULTS.INTERMEDIATE_RELEASED
  return new Refusal('intermediate-released', `${entry.title}. ${remedyOf(entry, job.name)}`, {
    facts: { 'Possible now': nowPossible(job).join(', ') },
    actions: nextSteps(job),
    data: { state: job.state, code: 'INTERMEDIATE_RELEASED' },
  })
}

/** What leads out of Drill Exception (S19). */
function afterDrill(job: Job): string {
  if (job.state !== 'drill-exception') return ''
  return ` The last drill found Critical items: \`report ${job.name}\` lists them with what to do; then \`drill ${job.name}\` again.`
}

/** The commands that change something and are legal now, for sentences. */
export function nowPossible(job: Job): readonly string[] {
  return [...nextSteps(job).map(({ label }) => label), 'status']
}

/** The same as steps that a door can offer, the likeliest first. */
export function nextSteps(job: Job): readonly NextStep[] {
  const asked = askableIn(job.state)
    .filter((name) => job.intermediate !== 'lost' || !needsIntermediate(job, name))
    .map((name) => ({
      label: name,
      // Without a last sync, what has changed since would be lost; asked so, `complete` says what to stop first.
      command: `${name} ${job.name}${name === 'complete' ? ' --last-sync' : ''}`,
      effect:
        name === 'complete' || name === 'cancel' || name === 'clear'
          ? ('final' as const)
          : ('change' as const),
    }))
  const verify: NextStep = { label: 'verify', command: `verify ${job.name}`, effect: 'change' }
  const clone: NextStep = { label: 'clone', command: `clone ${job.name} ${job.name}b`, effect: 'change' }
  return [...(job.state === 'completed' ? [verify] : []), ...(isCloneable(job) ? [clone] : []), ...asked]
}

/** Whether a new job may start from this one's last image (S13, S21). */
export function isCloneable(job: Job): boolean {
  const isOver = job.state === 'completed' || job.state === 'cancelled'
  return isOver || (job.state === 'error' && job.intermediate === 'lost')
}

type Asked = Omit<JobChange, 'audit'> & { readonly facts?: JobChange['audit']['facts'] }

/**
 * Decides on the job as it is and writes the change. When somebody else was first, it loads the job again and
 * decides anew, so that of many who ask at once one wins and the others hear how things stand now.
 */
export async function changeJob(
  context: Context,
  name: string,
  decide: (job: Job) => Promise<Asked> | Asked,
  find: (context: Context, name: string) => Promise<Job> = findJob,
): Promise<{ before: Job; after: Job; voided: Readonly<Record<string, string>> }> {
  const { command } = context.invocation
  for (let tries = 0; tries < 20; tries++) {
    const job = await find(context, name)
    const { facts, ...change } = await decide(job)
    const { state } = change.set ?? {}
    if (state !== undefined && BEGINNINGS.includes(state)) await refuseFrozen(context, job, command)
    const open = context.approval === undefined ? await context.store.approvals.open(job.id) : []
    const after = await context.store.jobs.change(job, {
      ...change,
      ...(context.approval === undefined ? {} : { useApproval: context.approval.number }),
      audit: {
        actor: context.actor,
        action: command,
        outcome: change.set?.state ?? 'done',
        facts: { ...facts, ...(context.approval === undefined ? {} : { request: context.approval.number }) },
      },
    })
    if (after !== undefined) return { before: job, after, voided: voidedWords(open) }
    if (context.approval !== undefined) await refuseVoid(context, job)
  }
  throw new Refusal('busy', `${name} is being changed by others at this moment. Try again.`)
}

/** Refuses when the approval cannot be used any more; else something other stood in the way, which deciding anew tells. */
async function refuseVoid({ store, approval }: Context, job: Job): Promise<void> {
  const [after, request] = await Promise.all([
    store.jobs.byId(job.id),
    store.approvals.byNumber(approval?.number ?? 0),
  ])
  if (after?.version !== job.version || request?.status !== 'approved')
    throw new Refusal('approval-void', `${job.name} has changed since it was approved. Ask again.`)
}

/** What a change does to requests that were made for the job as it was. */
function voidedWords(open: readonly Approval[]): Readonly<Record<string, string>> {
  if (open.length === 0) return {}
  const numbers = open.map(({ number, command }) => `${number} (${command})`).join(', ')
  return { 'No longer valid': `request ${numbers}: the job has changed; ask again` }
}

/** Moves the job by `event`; the rest of the change may depend on the job. */
export async function moveJob(
  context: Context,
  name: string,
  event: Event,
  more: (job: Job) => Asked = () => ({}),
): Promise<{ before: Job; after: Job }> {
  return changeJob(context, name, (job) => {
    demandLegal(job, event, context.invocation.command)
    const state = move(job, event)
    const { set, ...rest } = more(job)
    return { ...rest, set: { ...(state === undefined ? {} : { state }), ...set } }
  })
}

/** Whether the engine has something under way that a person should wait for. */
export function isWorking(job: Job): boolean {
  return WORKING.includes(job.state)
}
