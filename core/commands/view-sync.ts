import { formatBytes } from '../domain/bytes.ts'
import { formatDuration, formatSpan } from '../domain/duration.ts'
import { freezeOf } from '../domain/hold.ts'
import type { Job, Sync } from '../domain/job.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { ENDED, WORKING } from '../domain/life.ts'
import type { Looking } from './define.ts'
import { convergingWords, tryingWords } from './describe-fault.ts'
import { limitWords, phaseWords, scoreWords } from './describe-forecast.ts'
import { describeEnd, describeJob, nextSyncWords } from './describe-job.ts'
import { paceWords, progressView } from './describe-sync.ts'
import { WORKFLOW_RUN } from './final-step.ts'
import { nextSteps } from './on-job.ts'
import type { NextStep, Reply } from './reply.ts'
import { accepted, done } from './reply.ts'
import { troubleOf } from './troubleshoot.ts'
import type { Tone, View } from './view.ts'

/** A job as `status` shows it. */
export async function viewJob(looking: Looking, id: string): Promise<View | undefined> {
  const job = await looking.store.jobs.byId(id)
  if (job === undefined) return undefined
  const reply = done('status', `${job.name} is ${STATE_LABELS[job.state]}.`, await describeJob(looking, job))
  const isBad = job.state === 'error' || job.state === 'drill-exception'
  const tone = WORKING.includes(job.state) ? 'moving' : isBad ? 'bad' : isOver(job) ? endTone(job) : 'waits'
  return { reply, tone, closed: isOver(job) }
}

/** One sync, from its first block to its image; when it fails, what `troubleshoot` says. */
export async function viewSync(looking: Looking, id: string): Promise<View | undefined> {
  const { store } = looking
  const sync = await store.syncs.byId(id)
  const job = sync && (await store.jobs.byId(sync.jobId))
  if (job === undefined || sync === undefined || sync.result === 'missed') return undefined
  const view = await syncNow(looking, job, sync)
  return sync.page === null ? view : { ...view, links: [{ label: WORKFLOW_RUN, url: sync.page }] }
}

async function syncNow(looking: Looking, job: Job, sync: Sync): Promise<View> {
  const newest = (await looking.store.syncs.list(job.id, 1))[0]?.id === sync.id
  const isLast = job.completing && newest && sync.result === 'ok'
  if (job.state === 'error' && (sync.result === null || isLast)) return failed(looking, job, sync)
  if (sync.result === null) return underWay(looking, job, sync)
  if (sync.result === 'cancelled') return cancelled(job, sync)
  return isLast ? lastOne(looking, job, sync) : ended(looking, job, sync)
}

/** Cancelled and cleared jobs are over, too, and have led nowhere. */
const endTone = ({ state }: Job): Tone => (state === 'completed' ? 'good' : 'neutral')
const isOver = ({ state }: Job): boolean => ENDED.includes(state)
const nameOf = (job: Job, sync: Sync): string => `Sync #${sync.number} of ${job.name}`

async function failed(looking: Looking, job: Job, sync: Sync): Promise<View> {
  const trouble = await troubleOf(looking, job)
  const now = await looking.store.now()
  const reply: Reply = {
    ...trouble,
    code: 'sync-failed',
    title: `${nameOf(job, sync)} has failed: ${trouble.title}`,
    ...(sync.result === null ? { progress: progressView(sync, now) } : {}),
    data: { ...trouble.data, ...dataOf(job, sync) },
  }
  return { reply, tone: 'bad', closed: false }
}

async function underWay(looking: Looking, job: Job, sync: Sync): Promise<View> {
  const { store } = looking
  const [now, history] = await Promise.all([store.now(), store.syncs.list(job.id, 20)])
  const trying = tryingWords(job, sync, now)
  const growing = convergingWords(job, history)
  const { forecast, progress } = sync
  const troubleshoot: NextStep = {
    label: 'troubleshoot',
    command: `troubleshoot ${job.name}`,
    effect: 'read',
  }
  const isMoving = WORKING.includes(job.state)
  return {
    reply: accepted('sync-running', `${nameOf(job, sync)} ${doing(job, sync)}.`, {
      facts: {
        Sync: kindWords(sync),
        State: STATE_LABELS[job.state] + (job.state === 'syncing' ? `, ${paceWords(sync)}` : ''),
        ...(trying === undefined ? {} : { 'Trying again': trying }),
        ...(growing === undefined ? {} : { Warning: growing }),
        ...(progress.comparison === '' ? {} : { Comparison: progress.comparison }),
        ...(forecast === null
          ? {}
          : {
              Forecast: `${phaseWords(forecast)}: ${formatSpan(forecast.total)} in all; limited by ${limitWords(forecast)}`,
            }),
      },
      progress: progressView(sync, now),
      actions: [...nextSteps(job), ...(trying === undefined ? [] : [troubleshoot])],
      data: dataOf(job, sync),
    }),
    tone: isMoving ? 'moving' : 'waits',
    closed: false,
  }
}

function doing(job: Job, sync: Sync): string {
  if (job.state === 'preparing') return 'gets its intermediate ready'
  if (job.state !== 'syncing') return `is ${STATE_LABELS[job.state]}`
  return sync.phase === 'imaging' ? 'makes its image' : `is ${sync.phase}`
}

function cancelled(job: Job, sync: Sync): View {
  return {
    reply: done('sync-cancelled', `${nameOf(job, sync)} was cancelled.`, {
      facts: { Sync: kindWords(sync), 'The job now': STATE_LABELS[job.state] },
      actions: nextSteps(job),
      data: dataOf(job, sync),
    }),
    tone: 'neutral',
    closed: true,
  }
}

async function ended(looking: Looking, job: Job, sync: Sync): Promise<View> {
  const { store } = looking
  const [now, ofAll] = await Promise.all([store.now(), store.freezes.ofAll()])
  const image = await imageOf(looking, sync)
  return {
    reply: done('sync-ended', `${nameOf(job, sync)} has ended${image.told}.`, {
      facts: {
        ...figures(sync),
        Image: image.words,
        'Next sync': nextSyncWords(job, now, freezeOf(job, ofAll)),
      },
      actions: nextSteps(job),
      data: dataOf(job, sync),
    }),
    tone: 'good',
    closed: true,
  }
}

/** The sync after which the job completes: its message goes on until that has happened, and ends with what is left to do. */
async function lastOne(looking: Looking, job: Job, sync: Sync): Promise<View> {
  const image = await imageOf(looking, sync)
  const left = job.state === 'completed' ? await describeEnd(looking, job) : {}
  const title = isOver(job)
    ? `${job.name} is ${STATE_LABELS[job.state]}${image.told}.`
    : `The last sync of ${job.name}, #${sync.number}, has ended; the job is ${STATE_LABELS[job.state]}.`
  return {
    reply: done(isOver(job) ? 'sync-ended' : 'completing', title, {
      facts: { ...figures(sync), Image: image.words, 'Next sync': 'none: the job completes', ...left },
      actions: nextSteps(job),
      data: dataOf(job, sync),
    }),
    tone: isOver(job) ? 'good' : WORKING.includes(job.state) ? 'moving' : 'waits',
    closed: isOver(job),
  }
}

async function imageOf({ store }: Looking, sync: Sync): Promise<{ told: string; words: string }> {
  const image = (await store.images.list(sync.jobId, { all: true })).find(({ syncId }) => syncId === sync.id)
  if (image === undefined) return { told: '', words: 'none' }
  const verdict = image.deletedAt === null ? (image.verdict ?? 'not verified yet') : 'deleted since'
  return {
    told: `: image ${image.cloudId} is Available`,
    words: `#${image.number} ${image.cloudId} ${image.name}, ${verdict}; ${image.consistency}`,
  }
}

/** What changed, and how long it took against what was foretold. */
function figures(sync: Sync): Readonly<Record<string, string>> {
  const { progress, startedAt, endedAt } = sync
  const { forecast, verdict } = scoreWords(sync)
  const took = endedAt === null ? '' : formatDuration(endedAt.getTime() - startedAt.getTime())
  return {
    Sync: kindWords(sync),
    'What changed': `${formatBytes(progress.changedBytes)} of ${formatBytes(progress.totalBytes)} changed, ${formatBytes(progress.wireBytes)} sent`,
    Took: took,
    ...(forecast === '' ? {} : { Forecast: `${forecast} was foretold; it took ${verdict}` }),
  }
}

function kindWords({ kind, trigger, askedBy, servicesStopped }: Sync): string {
  const by = trigger === 'schedule' ? 'by the schedule' : `asked by ${askedBy}`
  return `${kind}, ${by}${servicesStopped ? ', services stopped' : ''}`
}

function dataOf(job: Job, sync: Sync): Readonly<Record<string, unknown>> {
  return {
    ...{ job: job.name, state: job.state, version: job.version },
    ...{ sync: sync.number, syncId: sync.id, kind: sync.kind, phase: sync.phase, result: sync.result },
    forecast: sync.forecast,
    page: sync.page,
  }
}
