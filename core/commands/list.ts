import { counted } from '../domain/counted.ts'
import { freezeOf, standingLock } from '../domain/hold.ts'
import { formatTime } from '../domain/duration.ts'
import type { Freeze, Job } from '../domain/job.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { flag } from './args.ts'
import { defineCommand } from './define.ts'
import { intervalWords, nextSyncWords } from './describe-job.ts'
import { freezeWords, lockWords } from './held.ts'
import { done } from './reply.ts'

export const list = defineCommand({
  name: 'list',
  summary: 'List the jobs',
  effect: 'read',
  args: { all: flag('cleared ones too') },
  example: 'list',
  run: async ({ all }, { store }) => {
    const jobs = await store.jobs.list({ all })
    if (jobs.length === 0)
      return done('jobs', 'There are no jobs yet: `create <name>` makes one.', { data: { jobs: [] } })
    const [now, ofAll] = await Promise.all([store.now(), store.freezes.ofAll()])
    return done('jobs', `${counted(jobs.length, 'job')}.`, {
      ...(ofAll === undefined ? {} : { facts: { 'All frozen': freezeWords(ofAll, now) } }),
      table: {
        columns: ['job', 'state', 'next sync', 'interval', 'keep', 'held', 'created'],
        rows: jobs.map((job) => [
          job.name,
          STATE_LABELS[job.state] + (job.state === 'error' && job.fault !== null ? ` ${job.fault.code}` : ''),
          nextSyncWords(job, now, freezeOf(job, ofAll)),
          intervalWords(job),
          String(job.keep),
          heldWords(job, now, freezeOf(job, ofAll)),
          formatTime(job.createdAt, now),
        ]),
      },
      data: {
        jobs: jobs.map((job) => ({
          job: job.name,
          state: job.state,
          nextSyncAt: job.nextSyncAt?.toISOString() ?? null,
          frozen: freezeOf(job, ofAll) !== undefined,
          lockedBy: standingLock(job, now)?.by ?? null,
          windows: job.windows,
        })),
      },
    })
  },
})

/** Who holds a job and why, in one cell. */
function heldWords(job: Job, now: Date, freeze: Freeze | undefined): string {
  const lock = standingLock(job, now)
  return [
    ...(freeze === undefined ? [] : [`frozen ${freezeWords(freeze, now)}`]),
    ...(lock === undefined ? [] : [`locked ${lockWords(lock, now)}`]),
  ].join('; ')
}
