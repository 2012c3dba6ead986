import { formatBytes } from '../domain/bytes.ts'
import { formatDuration, formatTime } from '../domain/duration.ts'
import { faultEntry, FAULTS, remedyOf } from '../domain/faults.ts'
import type { Job } from '../domain/job.ts'
import { STATE_LABELS } from '../domain/job.ts'
import type { AgentTask } from '../domain/task.ts'
import { isOpen, TASK_MOST_MS } from '../domain/task.ts'
import { SILENCE_MS } from '../ports/machines.ts'
import { flag, name } from './args.ts'
import type { Context } from './define.ts'
import { defineCommand } from './define.ts'
import { changedWords, downtimeWords, forecastNow, freshEstimate, limitWords } from './describe-forecast.ts'
import { findJob, nextSteps } from './on-job.ts'
import type { Reply } from './reply.ts'
import { accepted, done, Refusal } from './reply.ts'

type Estimate = AgentTask<'estimate'>

/** How long it is told again why there is no answer, instead of counting anew. */
const FRESH_FAULT_MS = 60_000

export const estimate = defineCommand({
  name: 'estimate',
  summary: 'Compare without sending, and say what a cutover now would cost in time and bytes',
  effect: 'read',
  legalIn: 'Waiting or Paused, with the source online',
  args: { job: name('the job'), again: flag('count anew, though there is a fresh answer') },
  example: 'estimate web-01',
  run: ({ job, again }, context) => estimateJob(context, job, again),
})

/** Begins an estimate, tells how far it is, or answers it: what `estimate` and `sync --estimate` do. Repeatable. */
export async function estimateJob(context: Context, jobName: string, again: boolean): Promise<Reply> {
  const { store } = context
  const job = await findJob(context, jobName)
  if (job.state !== 'waiting' && job.state !== 'paused')
    throw new Refusal(
      'not-legal-now',
      `estimate is not possible while ${jobName} is ${STATE_LABELS[job.state]}. It is possible in Waiting or Paused.`,
      { actions: nextSteps(job), data: { state: job.state } },
    )
  const last = await store.tasks.latest(job.sourceId, 'estimate')
  if (last?.jobId === job.id && (isOpen(last) || (!again && (await isWorthTelling(context, job, last)))))
    return describe(context, job, last)
  await demandOnline(context, job)
  const { task } = await store.tasks.ask(
    {
      sourceId: job.sourceId,
      jobId: job.id,
      kind: 'estimate',
      params: { disks: await disksAsSynced(context, job) },
      askedBy: context.person.name,
      mostMs: TASK_MOST_MS.estimate,
    },
    { actor: context.actor, action: 'estimate', outcome: 'asked' },
  )
  return describe(context, job, task)
}

/** An answer that still holds, or a failure of just now that whoever asked has yet to hear of. */
async function isWorthTelling(context: Context, job: Job, task: Estimate): Promise<boolean> {
  if (task.state === 'done') return (await freshEstimate(context, job)) !== undefined
  const endedAt = task.endedAt?.getTime() ?? 0
  return task.state === 'failed' && context.clock.now().getTime() - endedAt < FRESH_FAULT_MS
}

async function demandOnline({ store, clock }: Context, job: Job): Promise<void> {
  const source = await store.sources.byId(job.sourceId)
  const seenAt = source?.agent?.seenAt.getTime() ?? 0
  if (clock.now().getTime() - seenAt < SILENCE_MS) return
  throw new Refusal(
    'source-offline',
    `The agent on ${source?.name ?? job.sourceId} is not heard of, and it is what counts. ${remedyOf(FAULTS.AGENT_OFFLINE, job.name, `estimate ${job.name}`)}`,
  )
}

/** The job's disks, each with the root of what the intermediate holds of it: from the last sync that got that far. */
async function disksAsSynced({ store }: Context, job: Job): Promise<Estimate['params']['disks']> {
  const disks = await store.jobs.disks(job.id)
  const synced = (await store.syncs.list(job.id, 50)).find(({ transferredAt }) => transferredAt !== null)
  const roots = synced === undefined ? undefined : await store.syncs.roots(synced.id)
  return disks.map((disk, place) => ({ ...disk, root: roots?.[place] ?? null }))
}

async function describe(context: Context, job: Job, task: Estimate): Promise<Reply> {
  const { doneBytes, totalBytes, note } = task.progress
  const data = { job: job.name, task: task.id, state: task.state }
  const look = [{ label: 'estimate', command: `estimate ${job.name}`, effect: 'read' as const }]
  if (isOpen(task))
    return accepted(
      'estimating',
      `The source of ${job.name} is comparing; nothing is sent. \`estimate ${job.name}\` shows how far it is, then the answer.`,
      {
        facts: {
          Compared:
            totalBytes === 0
              ? 'nothing yet'
              : `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)} (${Math.floor((100 * doneBytes) / totalBytes)} %), ${note}`,
          'Asked by': `${task.askedBy}, ${formatTime(task.askedAt, context.clock.now())}`,
        },
        actions: look,
        data: { ...data, comparedBytes: doneBytes, totalBytes },
      },
    )
  if (task.result === null) throw failed(job, task)
  return answer(context, job, task, task.result)
}

function failed(job: Job, task: Estimate): Refusal {
  const isOvertaken = task.state === 'stopped' || task.fault?.code === 'SOURCE_BUSY'
  const entry = faultEntry(task.fault?.code ?? 'SOURCE_BUSY')
  return new Refusal(
    isOvertaken ? 'estimate-cancelled' : 'estimate-failed',
    isOvertaken
      ? `The estimate of ${job.name} was cancelled: a sync has begun.`
      : `The estimate of ${job.name} failed: ${entry.title}.`,
    {
      facts: {
        ...(task.fault === null ? {} : { 'What happened': task.fault.detail }),
        'What to do': isOvertaken
          ? `\`status ${job.name}\` shows the sync`
          : remedyOf(entry, job.name, `estimate ${job.name} --again`),
      },
      data: { job: job.name, task: task.id, state: task.state, code: task.fault?.code ?? null },
    },
  )
}

async function answer(
  context: Context,
  job: Job,
  task: Estimate,
  found: NonNullable<Estimate['result']>,
): Promise<Reply> {
  const sum = (field: 'totalBytes' | 'changedBytes'): number =>
    found.disks.reduce((total, disk) => total + disk[field], 0)
  const [changedBytes, totalBytes] = [sum('changedBytes'), sum('totalBytes')]
  const measured = { changedBytes, comparingMs: found.comparingMs }
  const forecast = await forecastNow(context, job, 'final', measured)
  const unknown = found.disks.filter(({ isKnown }) => !isKnown).map(({ index }) => index)
  return done(
    'estimated',
    `${formatBytes(changedBytes)} of ${formatBytes(totalBytes)} have changed on the source of ${job.name}; nothing was sent.`,
    {
      facts: {
        'Cutover now': `${downtimeWords(forecast)}; about ${changedWords(forecast)} to send before compression`,
        'Limited by': limitWords(forecast),
        'Compared in': `${formatDuration(found.comparingMs)}, at ${formatTime(task.endedAt ?? task.askedAt, context.clock.now())}; \`estimate ${job.name} --again\` counts anew`,
        ...(found.comparison ? { Comparison: found.comparison } : {}),
        ...(unknown.length === 0
          ? {}
          : {
              Note: `the agent no longer has the manifest of the last sync for disk ${unknown.join(', ')}: less may have changed than was counted`,
            }),
        ...(job.resume === 'syncing' || job.resume === 'preparing'
          ? { 'Paused in a sync': 'what it had sent before the pause is counted as changed too' }
          : {}),
      },
      table: {
        columns: ['disk', 'size', 'changed'],
        rows: found.disks.map((disk) => [
          String(disk.index),
          formatBytes(disk.totalBytes),
          formatBytes(disk.changedBytes),
        ]),
      },
      actions: nextSteps(job),
      data: {
        ...{ job: job.name, task: task.id, state: task.state },
        ...{ changedBytes, totalBytes, comparingMs: found.comparingMs, disks: found.disks, forecast },
        comparison: found.comparison ?? '',
      },
    },
  )
}
