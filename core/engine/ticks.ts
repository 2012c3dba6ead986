/** What the clock asks for, again and again. Each asks the store what is due; a tick that was dropped loses nothing. */
import { deferralOf } from '../domain/deferral.ts'
import type { Job, State } from '../domain/job.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { ENDED, move } from '../domain/life.ts'
import { windowsOf } from '../domain/window.ts'
import type { OutboxRow } from '../ports/notices.ts'
import type { Resource } from '../ports/store.ts'
import { forecastOf } from './foretell.ts'
import type { Parts } from './parts.ts'
import { costOfJob } from './price.ts'
import { releaseInstance } from './release.ts'
import { catchUp } from './catch-up.ts'
import { deleteImage, retain, tellOverflow } from './retain.ts'
import { OF_VERIFICATION } from './verification-case.ts'
import { ENGINE } from './work.ts'

/** How many due jobs one tick starts; the rest follows with the next one. */
const MOST_AT_ONCE = 200
/** Of them, how many statements at once: the rest of the pool is for people and machines. */
const SIDE_BY_SIDE = 4
const DAY_MS = 24 * 3_600_000

/** Starts the syncs that are due (S2), after those that nothing could start have been put right. */
export async function startDueSyncs(parts: Parts): Promise<void> {
  const { store } = parts
  await catchUp(parts)
  const due = [...(await store.jobs.due(MOST_AT_ONCE))]
  while (due.length > 0) await Promise.all(due.splice(0, SIDE_BY_SIDE).map((job) => startDue(parts, job)))
}

async function startDue(parts: Parts, job: Job): Promise<void> {
  const state = move(job, 'due')
  if (state === undefined || (await defer(parts, job))) return
  await parts.store.jobs.change(job, {
    set: { state, nextSyncAt: null },
    startSync: { kind: 'incremental', trigger: 'schedule', askedBy: 'schedule' },
    audit: { actor: ENGINE, action: 'sync.due', outcome: state },
  })
}

/** Puts off a sync that a cutover would have to wait for, until the window has closed. Whether it did. */
async function defer(parts: Parts, job: Job): Promise<boolean> {
  if (job.windows.length === 0) return false
  const { store } = parts
  const { total } = await forecastOf(parts, job, 'incremental')
  const deferral = deferralOf(windowsOf(job), await store.now(), total.high)
  if (deferral === undefined) return false
  const { until, reason } = deferral
  await store.jobs.change(job, {
    set: { nextSyncAt: until, deferral: reason },
    audit: { actor: ENGINE, action: 'sync.deferred', outcome: job.state, facts: { reason } },
    notices: [{ severity: 'info', title: `${job.name}: a scheduled sync waits: ${reason}` }],
  })
  return true
}

export async function expireApprovals({ store }: Parts): Promise<void> {
  await store.approvals.expire()
}

/** Ends what agents were asked for and have not answered in time. */
export async function expireTasks({ store, settings }: Parts): Promise<void> {
  await store.tasks.expire(settings.timings.agentSilenceMs)
}

/**
 * Releases what a person asked to release and what an ended job or verification left behind, and enforces `keep`
 * between syncs. Only what the ledger knows is touched.
 */
export async function cleanUp(parts: Parts): Promise<void> {
  const { store, log } = parts
  const jobs = new Map((await store.jobs.list({ all: true })).map((job) => [job.id, job]))
  for (const resource of await store.ledger.open())
    if (resource.releaseAskedBy !== null || (await hasOutlived(parts, resource, jobs)))
      await attempt(log, `release ${resource.cloudId ?? resource.key}`, () => release(parts, resource))
  for (const job of jobs.values())
    if (mayRetain(job)) await attempt(log, `keep of ${job.name}`, () => keepBetweenSyncs(parts, job))
}

/** Whether what something was made for has ended: its job, or its verification, which could not release it then. */
async function hasOutlived(
  { store }: Parts,
  { jobId, kind, purpose, key, outlivesJob }: Resource,
  jobs: ReadonlyMap<string, Job>,
): Promise<boolean> {
  if (outlivesJob) return false
  if (kind === 'instance' && purpose.endsWith(OF_VERIFICATION)) {
    const verification = await store.verifications.byId(key.split('/')[0] ?? '')
    return verification !== undefined && verification.endedAt !== null
  }
  const job = jobs.get(jobId)
  return (kind === 'instance' || kind === 'disk') && job !== undefined && ENDED.includes(job.state)
}

async function release(parts: Parts, resource: Resource): Promise<void> {
  const { store, cloud } = parts
  if (resource.kind === 'instance') await releaseInstance(parts, resource)
  if (resource.kind === 'disk') {
    if (resource.cloudId !== null) await cloud.deleteDisk(resource.cloudId)
    await store.ledger.released(resource.key)
  }
  if (resource.kind === 'snapshot') {
    if (resource.cloudId !== null) await cloud.deleteSnapshot(resource.cloudId)
    await store.ledger.released(resource.key)
  }
  if (resource.kind === 'image') {
    const image = (await store.images.list(resource.jobId)).find(
      ({ cloudId }) => cloudId === resource.cloudId,
    )
    if (image === undefined) {
      if (resource.cloudId !== null) await cloud.deleteImage(resource.cloudId)
      await store.ledger.released(resource.key)
    } else if (await store.images.beginDelete(image.id)) {
      if (!(await deleteImage(parts, image))) await store.images.setInUse(image.id, true)
    }
    // Else it was pinned after it was to go: it stays until it is unpinned.
  }
}

/** A sync tells each time that too many images stay; between syncs only what is new is told. */
async function keepBetweenSyncs(parts: Parts, job: Job): Promise<void> {
  const { overflow, isNew } = await retain(parts, job)
  if (isNew && overflow > 0) await tellOverflow(parts, job, overflow)
}

/** A syncing job enforces `keep` itself, after its new image. */
function mayRetain(job: Job): boolean {
  return (
    job.state === 'waiting' ||
    job.state === 'paused' ||
    job.state === 'completed' ||
    job.state === 'cancelled'
  )
}

async function attempt(log: Parts['log'], what: string, step: () => Promise<unknown>): Promise<void> {
  try {
    await step()
  } catch (error) {
    log.warn('clean-up: this could not be done now and will be tried again', { what, error })
  }
}

/** What takes a job that stands still on its way again. */
const GOES_ON: Partial<Record<State, string>> = { error: 'retry', 'drill-exception': 'drill' }

/** A job that stands still with a billed intermediate says so again every day (S22). */
export async function remindOfCosts(parts: Parts): Promise<void> {
  const { store, clock } = parts
  const before = new Date(clock.now().getTime() - DAY_MS)
  for (const job of await store.jobs.claimCostReminders(before)) {
    const goOn = GOES_ON[job.state] ?? 'resume'
    await store.outbox.add(
      {
        severity: 'warning',
        title: `The intermediate of ${job.name} still costs ${await costOfJob(parts, job.id)}: the job is ${job.state === 'paused' ? '' : 'in '}${STATE_LABELS[job.state]}`,
        facts: { 'What to do': `\`${goOn} ${job.name}\` or \`clear ${job.name}\`` },
      },
      job.id,
    )
  }
}

/** Hands out what people should hear of. */
export async function deliverNotices(
  { store }: Parts,
  deliver: (notice: OutboxRow) => Promise<void>,
): Promise<void> {
  await store.outbox.deliver(deliver)
}
