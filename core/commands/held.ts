/** How a freeze and a lock are told, and what they refuse. */
import { formatDuration, formatTime } from '../domain/duration.ts'
import { freezeOf, lockAgainst } from '../domain/hold.ts'
import type { Freeze, Job, Lock } from '../domain/job.ts'
import type { Context } from './define.ts'
import { Refusal } from './reply.ts'

/** `by ada since 14:05 UTC: the change board said so` */
export function freezeWords({ by, at, reason }: Freeze, now: Date): string {
  return `by ${by} since ${formatTime(at, now)}: ${reason}`
}

/** `by olga until 14:05 UTC (in 1h 20m): cutover rehearsal` */
export function lockWords({ by, until, reason }: Lock, now: Date): string {
  return `by ${by} until ${formatTime(until, now)} (in ${formatDuration(until.getTime() - now.getTime())}): ${reason}`
}

/** Refuses to begin a sync or the end of a job while it is frozen, by itself or with all. */
export async function refuseFrozen({ store }: Context, job: Job, asked: string): Promise<void> {
  const ofAll = await store.freezes.ofAll()
  const freeze = freezeOf(job, ofAll)
  if (freeze === undefined) return
  const [what, lift] =
    job.frozen === null ? ['All jobs are', 'unfreeze all'] : [`${job.name} is`, `unfreeze ${job.name}`]
  throw new Refusal(
    'frozen',
    `${what} frozen ${freezeWords(freeze, await store.now())}. ${asked} is possible again after \`${lift}\`.`,
    {
      actions: [{ label: 'unfreeze', command: lift, effect: 'change' }],
      data: { by: freeze.by, at: freeze.at.toISOString(), reason: freeze.reason, all: job.frozen === null },
    },
  )
}

/** Refuses others' changes of a locked job. */
export async function refuseLocked({ store, person }: Context, job: Job): Promise<void> {
  if (job.lock === null || job.lock.by === person.name) return
  const now = await store.now()
  const lock = lockAgainst(job, person.name, now)
  if (lock === undefined) return
  throw new Refusal(
    'locked',
    `${job.name} is locked ${lockWords(lock, now)}. ${lock.by} or an admin can \`unlock ${job.name}\`.`,
    { data: { by: lock.by, until: lock.until.toISOString(), reason: lock.reason } },
  )
}
