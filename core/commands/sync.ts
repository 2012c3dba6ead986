import { labels, statesAllowing } from '../domain/life.ts'
import { name } from './args.ts'
import { defineCommand } from './define.ts'
import { describeJob } from './describe-job.ts'
import { moveJob } from './on-job.ts'
import { accepted, Refusal } from './reply.ts'

export const sync = defineCommand({
  name: 'sync',
  summary: 'Run an incremental sync now; the next automatic one comes an interval after it ends',
  effect: 'change',
  legalIn: labels(statesAllowing('sync')),
  args: { job: name('the job') },
  example: 'sync web-01',
  run: async ({ job: jobName }, context) => {
    const { store, person } = context
    const busy = await store.jobs.named(jobName)
    const running = busy?.state === 'syncing' ? await store.syncs.running(busy.id) : undefined
    if (busy !== undefined && running !== undefined)
      throw new Refusal(
        'already-running',
        `Sync #${running.number} of ${jobName} is running already; it was asked by ${running.askedBy}.`,
        {
          ...(await describeJob(context, busy)),
        },
      )
    const { after } = await moveJob(context, jobName, 'sync', () => ({
      set: { nextSyncAt: null },
      startSync: { kind: 'incremental', trigger: 'manual', askedBy: person.name },
    }))
    const started = await store.syncs.running(after.id)
    return accepted(
      'sync-started',
      `Sync #${started?.number ?? '?'} of ${jobName} has started. \`watch ${jobName}\` follows it.`,
      {
        ...(await describeJob(context, after)),
      },
    )
  },
})
