import { formatBytes } from '../domain/bytes.ts'
import { formatDuration, formatTime } from '../domain/duration.ts'
import { name } from './args.ts'
import { defineCommand } from './define.ts'
import { findJob } from './on-job.ts'
import { done } from './reply.ts'

export const history = defineCommand({
  name: 'history',
  summary: 'List a job’s syncs, newest first',
  effect: 'read',
  legalIn: 'any',
  args: { job: name('the job') },
  example: 'history web-01',
  run: async ({ job: jobName }, context) => {
    const job = await findJob(context, jobName)
    const syncs = await context.store.syncs.list(job.id, 50)
    const now = context.clock.now()
    return done(
      'history',
      syncs.length === 0 ? `${jobName} has not synced yet.` : `The last ${syncs.length} syncs of ${jobName}.`,
      {
        table: {
          columns: ['sync', 'kind', 'asked by', 'result', 'started', 'took', 'compared', 'changed', 'sent'],
          rows: syncs.map((sync) => [
            `#${sync.number}`,
            sync.kind,
            sync.trigger === 'schedule' ? 'schedule' : sync.askedBy,
            sync.result ?? sync.phase,
            formatTime(sync.startedAt, now),
            sync.endedAt === null ? '' : formatDuration(sync.endedAt.getTime() - sync.startedAt.getTime()),
            formatBytes(sync.progress.comparedBytes),
            formatBytes(sync.progress.changedBytes),
            formatBytes(sync.progress.wireBytes),
          ]),
        },
        data: {
          job: jobName,
          syncs: syncs.map((sync) => ({
            sync: sync.number,
            id: sync.id,
            kind: sync.kind,
            trigger: sync.trigger,
            askedBy: sync.askedBy,
            result: sync.result,
            startedAt: sync.startedAt.toISOString(),
            endedAt: sync.endedAt?.toISOString() ?? null,
            comparedBytes: sync.progress.comparedBytes,
            changedBytes: sync.progress.changedBytes,
            appliedBytes: sync.progress.appliedBytes,
            wireBytes: sync.progress.wireBytes,
            imageId: sync.imageId,
          })),
        },
      },
    )
  },
})
