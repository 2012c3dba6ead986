import { formatDuration } from '../domain/duration.ts'
import { name, optional } from './args.ts'
import { defineCommand } from './define.ts'
import { findJob } from './on-job.ts'
import { done } from './reply.ts'

export const resources = defineCommand({
  name: 'resources',
  summary: 'List what Ferry holds in the cloud, why and since when',
  effect: 'read',
  legalIn: 'any',
  args: { job: optional(name('the job; all if left out')) },
  example: 'resources web-01',
  run: async ({ job: jobName }, context) => {
    const { store, clock } = context
    const job = jobName === undefined ? undefined : await findJob(context, jobName)
    const open = await store.ledger.open(job?.id)
    const names = new Map((await store.jobs.list({ all: true })).map((other) => [other.id, other.name]))
    const now = clock.now().getTime()
    const running = open.filter(({ kind, cloudId }) => kind === 'instance' && cloudId !== null).length
    return done(
      'resources',
      open.length === 0
        ? 'Ferry holds nothing in the cloud.'
        : `${open.length} ${open.length === 1 ? 'resource' : 'resources'}; ${running === 0 ? 'no instance is running' : `${running} billed by the hour`}.`,
      {
        table: {
          columns: ['job', 'kind', 'id', 'why', 'for'],
          rows: open.map((resource) => [
            names.get(resource.jobId) ?? resource.jobId,
            resource.kind,
            resource.cloudId ?? 'being created',
            resource.purpose + (resource.releaseAskedBy === null ? '' : ', being released'),
            formatDuration(now - resource.intendedAt.getTime()),
          ]),
        },
        data: {
          resources: open.map((resource) => ({
            job: names.get(resource.jobId) ?? resource.jobId,
            kind: resource.kind,
            id: resource.cloudId,
            purpose: resource.purpose,
            since: resource.intendedAt.toISOString(),
          })),
        },
      },
    )
  },
})
