import { standingLock } from '../domain/hold.ts'
import { duration, name, named, optional, text } from './args.ts'
import { defineCommand } from './define.ts'
import { describeJob } from './describe-job.ts'
import { lockWords } from './held.ts'
import { changeJob, lookAt } from './on-job.ts'
import { done, Refusal } from './reply.ts'

const HOUR_MS = 3_600_000

export const lock = defineCommand({
  name: 'lock',
  summary: 'Keep others from changing a job for a while; its schedule goes on, and approvals stay possible',
  effect: 'change',
  legalIn: 'until the job is cleared',
  args: {
    job: name('the job'),
    reason: named(text('why, for those who meet the lock')),
    for: named(optional(duration('how long it holds; 1h if left out', { min: '1m', max: '7d' }))),
  },
  example: "lock web-01 reason='cutover in progress' for=2h",
  run: async ({ job: jobName, reason, for: forMs }, context) => {
    const { store, person } = context
    const at = await store.now()
    const mine = { by: person.name, at, reason, until: new Date(at.getTime() + (forMs ?? HOUR_MS)) }
    const { after, voided } = await changeJob(context, jobName, (job) => {
      if (job.state === 'cleared')
        throw new Refusal('not-legal-now', `${jobName} is Cleared; there is nothing to lock.`)
      return { set: { lock: mine }, facts: { until: mine.until.toISOString(), reason } }
    })
    return done(
      'locked',
      `${jobName} is locked ${lockWords(mine, at)}.`,
      await describeJob(context, after, voided),
    )
  },
})

export const unlock = defineCommand({
  name: 'unlock',
  summary: 'End the lock of a job before its time; for its owner and for admins',
  effect: 'change',
  legalIn: 'any',
  args: { job: name('the job') },
  example: 'unlock web-01',
  run: async ({ job: jobName }, context) => {
    const { store, person } = context
    const now = await store.now()
    const find = person.role === 'admin' ? lookAt : undefined
    const { before, after, voided } = await changeJob(
      context,
      jobName,
      (job) => {
        if (standingLock(job, now) === undefined) throw new Refusal('not-locked', `${jobName} is not locked.`)
        return { set: { lock: null }, facts: { lockedBy: job.lock?.by ?? null } }
      },
      find,
    )
    return done(
      'unlocked',
      `${jobName} is unlocked; ${before.lock?.by ?? 'somebody'} had locked it: ${before.lock?.reason ?? ''}`,
      await describeJob(context, after, voided),
    )
  },
})
