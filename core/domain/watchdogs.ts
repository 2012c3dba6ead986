/**
 * What people should hear of before it is trouble: something stands still, a time runs out, something is billed that
 * nobody needs. Each is told once, by its key; it has another key once it has gone on and comes again.
 */
import type { Approval } from './approval.ts'
import type { Cutover } from './cutover.ts'
import { formatDuration, formatMoment } from './duration.ts'
import type { FleetFacts } from './fleet.ts'
import { standingLock } from './hold.ts'
import type { Sync } from './job.ts'
import { ENDED } from './life.ts'
import type { Severity } from './notice-routes.ts'
import { openAt, windowsOf } from './window.ts'

const MINUTE_MS = 60_000
/** How long nothing may move. The cloud says little of how far a snapshot is, and an instance takes its time to start. */
const STILL_MS = { comparing: 2 * MINUTE_MS, transferring: 2 * MINUTE_MS, imaging: 20 * MINUTE_MS } as const
const PREPARING_MS = 15 * MINUTE_MS
/** How long before the end of something people are told. */
const EXPIRES_MS = 10 * MINUTE_MS
const CLOSES_MS = 30 * MINUTE_MS
/** What ends sooner after its beginning than this needs no reminder: whoever began it has just read when it ends. */
const SHORT_MS = 15 * MINUTE_MS
/** How long a job may have ended before what is still billed of it is told: the clean-up comes first. */
const LEFT_MS = 15 * MINUTE_MS
const LEAD_MS = 5 * MINUTE_MS
const OFFER_MS = 10 * MINUTE_MS
const DAY_MS = 24 * 60 * MINUTE_MS

export interface Alarm {
  readonly key: string
  readonly jobId: string | null
  readonly severity: Severity
  readonly title: string
  readonly facts: Readonly<Record<string, string>>
}

/** Something billed of a job, that goes by itself when the job has ended. `cost`: in words. */
export interface Billed {
  readonly key: string
  readonly jobId: string
  readonly cloudId: string | null
  readonly cost: string
}

export interface Watched {
  readonly fleet: readonly FleetFacts[]
  readonly approvals: readonly Approval[]
  readonly cutovers: readonly Cutover[]
  readonly billed: readonly Billed[]
}

/** All that is to be told now, whether it was told before or not. */
export function alarmsOf(watched: Watched, now: Date): readonly Alarm[] {
  return [
    ...watched.fleet.flatMap((facts) => [
      ...standstill(facts, now),
      ...closingWindow(facts, watched.cutovers, now),
      ...endingLock(facts, now),
      ...leftovers(facts, watched.billed, now),
    ]),
    ...watched.approvals.flatMap((approval) => expiring(approval, now)),
    ...watched.cutovers.flatMap((cutover) => unclaimed(cutover, now)),
  ]
}

const whatToDo = (command: string): Readonly<Record<string, string>> => ({ 'What to do': `\`${command}\`` })

function standstill({ job, running, movedAt }: FleetFacts, now: Date): readonly Alarm[] {
  if (running === null || (job.state !== 'syncing' && job.state !== 'preparing')) return []
  const since = movedAt ?? running.orderedAt ?? running.startedAt
  const mostMs = job.state === 'preparing' ? PREPARING_MS : STILL_MS[running.phase]
  const stillMs = now.getTime() - since.getTime()
  if (stillMs < mostMs) return []
  return [
    {
      // An order that is given anew may stand still anew.
      key: `still ${running.id} ${job.state} ${running.phase} ${running.tries}`,
      ...{ jobId: job.id, severity: 'warning' },
      title: `${job.name}: sync #${running.number} has not moved for ${formatDuration(stillMs)} while ${doing(job.state, running)}`,
      facts: whatToDo(`troubleshoot ${job.name}`),
    },
  ]
}

function doing(state: string, { phase }: Sync): string {
  return state === 'preparing' ? 'its intermediate is got ready' : phase
}

/** Of a job that is being moved over, when its window is about to close. */
function closingWindow({ job }: FleetFacts, cutovers: readonly Cutover[], now: Date): readonly Alarm[] {
  const isMoved = job.completing || cutovers.some(({ jobs }) => jobs.some(({ jobId }) => jobId === job.id))
  if (!isMoved || ENDED.includes(job.state)) return []
  const opening = openAt(windowsOf(job), now)
  if (opening === undefined) return []
  const leftMs = opening.to.getTime() - now.getTime()
  if (leftMs > CLOSES_MS) return []
  return [
    {
      key: `window ${job.id} ${opening.to.toISOString()}`,
      ...{ jobId: job.id, severity: 'warning' },
      title: `The window of ${job.name} closes in ${formatDuration(leftMs)}, and its cutover is not done`,
      facts: { Closes: formatMoment(opening.to), ...whatToDo(`status ${job.name}`) },
    },
  ]
}

function endingLock({ job }: FleetFacts, now: Date): readonly Alarm[] {
  const lock = standingLock(job, now)
  if (lock === undefined || lock.until.getTime() - lock.at.getTime() < SHORT_MS) return []
  const leftMs = lock.until.getTime() - now.getTime()
  if (leftMs > EXPIRES_MS) return []
  return [
    {
      key: `lock ${job.id} ${lock.until.toISOString()}`,
      ...{ jobId: job.id, severity: 'warning' },
      title: `The lock of ${job.name} by ${lock.by} ends in ${formatDuration(leftMs)}: ${lock.reason}`,
      facts: whatToDo(`lock ${job.name} reason=… for=1h`),
    },
  ]
}

/** What an ended job should have let go of; once a day, since it costs money every day. */
function leftovers({ job }: FleetFacts, billed: readonly Billed[], now: Date): readonly Alarm[] {
  if (!ENDED.includes(job.state) || job.endedAt === null) return []
  const endedMs = now.getTime() - job.endedAt.getTime()
  if (endedMs < LEFT_MS) return []
  return billed
    .filter(({ jobId }) => jobId === job.id)
    .map(({ key, cloudId, cost }) => ({
      key: `left ${key} ${Math.floor(endedMs / DAY_MS)}`,
      ...{ jobId: job.id, severity: 'warning' as const },
      title: `${cloudId ?? key} of ${job.name} is still billed ${formatDuration(endedMs)} after its end: it costs ${cost}`,
      facts:
        cloudId === null
          ? whatToDo('resources')
          : {
              ...whatToDo(`release ${cloudId}`),
              Why: 'it could not be deleted; it is tried again all the time',
            },
    }))
}

function expiring(approval: Approval, now: Date): readonly Alarm[] {
  const { number, command, jobName, jobId, requestedAt, expiresAt, approvedBy, needed } = approval
  const leftMs = expiresAt.getTime() - now.getTime()
  const isShort = expiresAt.getTime() - requestedAt.getTime() < SHORT_MS
  if (approval.status !== 'open' || isShort || leftMs <= 0 || leftMs > EXPIRES_MS) return []
  return [
    {
      ...{ key: `request ${number}`, jobId, severity: 'warning' },
      title: `Request ${number}, ${command} ${jobName}, expires in ${formatDuration(leftMs)}: ${approvedBy.length} of ${needed} have agreed`,
      facts: whatToDo(`approve ${number}`),
    },
  ]
}

function unclaimed(cutover: Cutover, now: Date): readonly Alarm[] {
  const { number, roles, offers, startedAt, jobs } = cutover
  const common = { jobId: jobs[0]?.jobId ?? null, severity: 'warning' as const }
  const isOld = (at: Date, ms: number): boolean => now.getTime() - at.getTime() >= ms
  const lead: readonly Alarm[] =
    roles.lead === undefined && isOld(startedAt, LEAD_MS)
      ? [
          {
            ...{ ...common, key: `lead ${number}` },
            title: `Nobody leads cutover ${number} of ${jobs.map(({ job }) => job).join(', ')} yet`,
            facts: whatToDo(`handover accept cutover=${number}`),
          },
        ]
      : []
  const open = offers
    .filter(({ at, role }) => isOld(at, OFFER_MS) && !(role === 'lead' && roles.lead === undefined))
    .map(({ role, to, by, at }) => ({
      ...{ ...common, key: `offer ${number} ${role} ${to} ${at.toISOString()}` },
      title: `${to} has not accepted yet to be ${role} of cutover ${number}, as ${by} asked`,
      facts: whatToDo(`handover accept cutover=${number}`),
    }))
  return [...lead, ...open]
}
