/** How a job is told: the facts that `status` and every change of a job show, in one order and in the same words. */
import { checklist } from '../domain/checklist.ts'
import { counted } from '../domain/counted.ts'
import { countWords } from '../domain/drill.ts'
import { costWords } from '../domain/cost.ts'
import { formatDuration, formatSpan, formatTime } from '../domain/duration.ts'
import { faultEntry } from '../domain/faults.ts'
import { freezeOf, standingLock } from '../domain/hold.ts'
import { HOLD_MS, holdWords } from '../domain/instant.ts'
import type { Freeze, Image, Job } from '../domain/job.ts'
import { isLaunched } from '../domain/launch.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { ENDED, isOver } from '../domain/life.ts'
import { formatBitRate } from '../domain/rate.ts'
import { heldBy } from '../domain/retention.ts'
import { SILENCE_MS } from '../ports/machines.ts'
import type { Looking } from './define.ts'
import { describeDestination } from './describe-destination.ts'
import { describeForecast, limitWords, phaseWords } from './describe-forecast.ts'
import { convergingWords, tryingWords } from './describe-fault.ts'
import { paceWords, progressView, syncSummary } from './describe-sync.ts'
import { windowData, windowWords } from './describe-window.ts'
import { freezeWords, lockWords } from './held.ts'
import { isWorking, nextSteps } from './on-job.ts'
import { resultWords } from './verification-records.ts'
import type { Reply } from './reply.ts'

/** `every 6h`, or with a change pending `every 6h now, every 2h from the end of the next sync` (S6). */
export function intervalWords(job: Pick<Job, 'intervalMs' | 'pendingIntervalMs' | 'state'>): string {
  const now = `every ${formatDuration(job.intervalMs)}`
  if (job.pendingIntervalMs === null) return now
  const which = isUnderWay(job) ? 'this' : 'the next'
  return `${now} now, every ${formatDuration(job.pendingIntervalMs)} from the end of ${which} sync`
}

const isUnderWay = ({ state }: Pick<Job, 'state'>): boolean => state === 'syncing' || state === 'preparing'

const AS_FAST = 'as fast as it can'

/** How a job sends: `at most 200mbit, compression on, 4 connections`; what is as the installation does is left out. */
export function transferWords(
  job: Pick<Job, 'bytesPerSecond' | 'compression' | 'connections' | 'holdMs'>,
): string {
  return [
    job.bytesPerSecond === null ? AS_FAST : `at most ${formatBitRate(job.bytesPerSecond)}`,
    ...(job.compression === null ? [] : [`compression ${job.compression}`]),
    ...(job.connections === null ? [] : [counted(job.connections, 'connection')]),
    ...(job.holdMs === HOLD_MS ? [] : [holdWords(job.holdMs)]),
  ].join(', ')
}

/** When the next automatic sync comes, or why none does. */
export function nextSyncWords(
  job: Job,
  now: Date,
  freeze: Freeze | undefined = job.frozen ?? undefined,
): string {
  if (ENDED.includes(job.state)) return `none: the job is ${STATE_LABELS[job.state]}`
  if (!job.auto) return 'none: automatic sync is off'
  if (job.completing) return 'none: the job completes'
  if (isUnderWay(job))
    return `${formatDuration(job.pendingIntervalMs ?? job.intervalMs)} after this sync ends`
  if (job.state === 'drill-exception') return 'none until a drill is clean'
  if (job.state === 'drilling') return 'none while Drilling'
  if (job.nextSyncAt === null) return `none while ${STATE_LABELS[job.state]}`
  if (freeze !== undefined) return `none while frozen; it was due ${formatTime(job.nextSyncAt, now)}`
  if (job.nextSyncAt <= now) return 'due now'
  return `${formatTime(job.nextSyncAt, now)} (in ${formatDuration(job.nextSyncAt.getTime() - now.getTime())})`
}

/** `2 of at most 3`, or `4, 1 more than keep says`. */
export function imagesWords(count: number, most: number): string {
  return count > most ? `${count}, ${count - most} more than keep says` : `${count} of at most ${most}`
}

/** `#1 pinned, #2 in use`: what `keep` passes over, and why (S3). */
export function heldWords(images: readonly Image[]): string {
  const held = images.flatMap((image) => {
    const reason = heldBy(image)
    return reason === undefined ? [] : [`#${image.number} ${reason}`]
  })
  return held.join(', ')
}

const INTERMEDIATE_WORDS = {
  none: 'none yet',
  creating: 'being created (billed)',
  ready: 'ready (billed)',
  lost: 'gone: it was released',
  released: 'released',
} as const

/** The whole view of a job, after what else is to be said `first`: what `status` answers and what changes answer with. */
export async function describeJob(
  context: Looking,
  job: Job,
  first: Readonly<Record<string, string>> = {},
): Promise<Pick<Reply, 'facts' | 'progress' | 'actions' | 'data'>> {
  const { store } = context
  const now = await store.now()
  const [source, origin, running, syncs, images, approvals, ofAll, verifications, destination, drill] =
    await Promise.all([
      store.sources.byId(job.sourceId),
      job.clonedFrom === null ? undefined : store.jobs.byId(job.clonedFrom),
      store.syncs.running(job.id),
      store.syncs.list(job.id, 20),
      store.images.list(job.id),
      store.approvals.open(job.id),
      store.freezes.ofAll(),
      store.verifications.list(job.id),
      describeDestination(context, job),
      store.drills.latest(job.id),
    ])
  const freeze = freezeOf(job, ofAll)
  const lock = standingLock(job, now)
  const last = syncs.find((sync) => sync.result !== null)
  const newest = images.at(-1)
  const online = source?.agent !== undefined && now.getTime() - source.agent.seenAt.getTime() < SILENCE_MS
  const facts: Record<string, string> = {
    ...first,
    State:
      STATE_LABELS[job.state] +
      (job.state === 'syncing' && running !== undefined ? `, ${paceWords(running)}` : ''),
    ...(origin === undefined ? {} : { 'Cloned from': origin.name }),
    Source: `${source?.name ?? job.sourceId}, agent ${online ? 'online' : source?.agent === undefined ? 'not enrolled' : 'silent'}`,
  }
  if (job.state === 'error' && job.fault !== null)
    facts['Fault'] =
      `${job.fault.code}: ${faultEntry(job.fault.code).title}. \`troubleshoot ${job.name}\` says what to do.`
  const trying = tryingWords(job, running, now)
  if (trying !== undefined) facts['Trying again'] = trying
  const growing = isOver(job.state) ? undefined : convergingWords(job, syncs)
  if (growing !== undefined) facts['Warning'] = growing
  if (running !== undefined) {
    facts[isWorking(job) ? 'Sync now' : 'Sync held up'] = syncSummary(running)
  }
  const { comparison } = (running ?? last)?.progress ?? { comparison: '' }
  if (comparison !== '') facts['Comparison'] = comparison
  if (running?.forecast != null)
    facts['Forecast'] =
      `${phaseWords(running.forecast)}: ${formatSpan(running.forecast.total)} in all; limited by ${limitWords(running.forecast)}`
  if (job.state === 'waiting') Object.assign(facts, await describeForecast(context, job))
  if (last !== undefined)
    facts['Last sync'] =
      syncSummary(last) + (last.endedAt === null ? '' : `, ended ${formatTime(last.endedAt, now)}`)
  if (freeze !== undefined)
    facts['Frozen'] = `${job.frozen === null ? 'all jobs ' : ''}${freezeWords(freeze, now)}`
  if (lock !== undefined) facts['Locked'] = lockWords(lock, now)
  facts['Next sync'] = nextSyncWords(job, now, freeze)
  if (job.deferral !== null) facts['Deferred'] = job.deferral
  facts['Interval'] = intervalWords(job)
  if (transferWords(job) !== AS_FAST) facts['Limit'] = transferWords(job)
  const held = heldWords(images)
  facts['Images'] = `${imagesWords(images.length, job.keep)}${held === '' ? '' : ` (${held})`}${
    newest === undefined
      ? ''
      : `; newest #${newest.number} ${newest.cloudId}, ${newest.verdict ?? 'not verified yet'}; ${newest.consistency}`
  }`
  if (job.windows.length > 0 && !isOver(job.state)) facts['Window'] = windowWords(job, now)
  const verification = verifications.find(({ endedAt }) => endedAt === null)
  if (verification !== undefined)
    facts['Verification'] = `${verification.number}, ${resultWords(verification)}`
  if (drill !== undefined && drill.result !== 'stopped')
    facts['Drill'] =
      drill.result === null ? `${drill.number} runs` : `${countWords(drill.items)}; \`report ${job.name}\``
  facts['Intermediate'] = INTERMEDIATE_WORDS[job.intermediate]
  Object.assign(facts, destination.facts)
  if (job.state === 'error' && (job.intermediate === 'ready' || job.intermediate === 'creating'))
    facts['Cost'] =
      `the intermediate stays and costs ${await costNow(store, job.id)} until \`retry\`, \`clear\` or \`release\``
  if (job.state === 'completed') Object.assign(facts, await describeEnd(context, job))
  if (approvals.length > 0)
    facts['Waits for approval'] = approvals
      .map((approval) => `${approval.number} (${approval.command})`)
      .join(', ')
  return {
    facts,
    ...(running === undefined ? {} : { progress: progressView(running, now, isWorking(job)) }),
    actions: nextSteps(job),
    data: {
      job: job.name,
      state: job.state,
      completing: job.completing,
      phase: running?.phase ?? null,
      sync: running?.number ?? last?.number ?? null,
      syncId: running?.id ?? last?.id ?? null,
      imageId: newest?.cloudId ?? null,
      images: images.length,
      keep: job.keep,
      auto: job.auto,
      intervalMs: job.intervalMs,
      pendingIntervalMs: job.pendingIntervalMs,
      nextSyncAt: job.nextSyncAt?.toISOString() ?? null,
      deferral: job.deferral,
      ...windowData(job, now),
      freeze:
        freeze === undefined ? null : { ...freeze, at: freeze.at.toISOString(), all: job.frozen === null },
      lock:
        lock === undefined ? null : { ...lock, at: lock.at.toISOString(), until: lock.until.toISOString() },
      bytesPerSecond: job.bytesPerSecond,
      compression: job.compression,
      connections: job.connections,
      imageName: job.imageName,
      intermediate: job.intermediate,
      target: job.target,
      destination: destination.data,
      fault:
        job.fault === null
          ? null
          : {
              ...{ code: job.fault.code, detail: job.fault.detail, current: job.state === 'error' },
              againAt: trying === undefined ? null : (job.fault.course?.againAt?.toISOString() ?? null),
            },
      converging: growing === undefined,
      approvals: approvals.map((approval) => approval.number),
      forecast: running?.forecast ?? null,
      drill: drill === undefined ? null : { number: drill.number, result: drill.result },
      version: job.version,
    },
  }
}

/** What is left to do once a job is Completed (S18). */
export async function describeEnd({ store }: Looking, job: Job): Promise<Readonly<Record<string, string>>> {
  const [source, images, disks, open, drill] = await Promise.all([
    store.sources.byId(job.sourceId),
    store.images.list(job.id),
    store.jobs.disks(job.id),
    store.ledger.open(job.id),
    store.drills.latest(job.id),
  ])
  const servers = open.filter(isLaunched)
  return checklist({ job, image: images.at(-1), disks, drill, servers, host: source?.agent?.host })
}

async function costNow({ ledger }: Looking['store'], jobId: string): Promise<string> {
  const open = await ledger.open(jobId)
  return costWords(open.filter(({ kind }) => kind === 'instance' || kind === 'disk')) ?? 'money'
}
