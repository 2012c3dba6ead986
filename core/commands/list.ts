import { formatTime } from '../domain/duration.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { flag } from './args.ts'
import { defineCommand } from './define.ts'
import { intervalWords, nextSyncWords } from './describe-job.ts'
import { done } from './reply.ts'

export const list = defineCommand({
  name: 'list',
  summary: 'List the jobs',
  effect: 'read',
  args: { all: flag('cleared ones too') },
  example: 'list',
  run: async ({ all }, { store, clock }) => {
    const jobs = await store.jobs.list({ all })
    if (jobs.length === 0)
      return done('jobs', 'There are no jobs yet: `create <name>` makes one.', { data: { jobs: [] } })
    const now = clock.now()
    return done('jobs', `${jobs.length} ${jobs.length === 1 ? 'job' : 'jobs'}.`, {
      table: {
        columns: ['job', 'state', 'next sync', 'interval', 'keep', 'created'],
        rows: jobs.map((job) => [
          job.name,
          STATE_LABELS[job.state] + (job.state === 'error' && job.fault !== null ? ` ${job.fault.code}` : ''),
          nextSyncWords(job, now),
          intervalWords(job),
          String(job.keep),
          formatTime(job.createdAt, now),
        ]),
      },
      data: {
        jobs: jobs.map((job) => ({
          job: job.name,
          state: job.state,
          nextSyncAt: job.nextSyncAt?.toISOString() ?? null,
        })),
      },
    })
  },
})
