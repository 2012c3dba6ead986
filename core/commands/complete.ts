import { formatTime } from '../domain/duration.ts'
import type { Job } from '../domain/job.ts'
import { labels, statesAllowing } from '../domain/life.ts'
import { flag, name } from './args.ts'
import type { Context } from './define.ts'
import { defineCommand } from './define.ts'
import { describeForecast } from './describe-forecast.ts'
import { demandFitDestination, whatIsOverwritten } from './describe-destination.ts'
import { describeJob } from './describe-job.ts'
import { syncSummary } from './describe-sync.ts'
import { finalStep } from './final-step.ts'
import { demandLegal, findJob, moveJob } from './on-job.ts'
import { accepted, Refusal } from './reply.ts'

export const complete = defineCommand({
  name: 'complete',
  summary: 'End the migration for good, after one last sync if asked',
  effect: 'final',
  legalIn: labels(statesAllowing('complete')),
  args: {
    job: name('the job'),
    'last-sync': flag('run one last sync first'),
    'services-stopped': flag('you have stopped the services on the source; a last sync demands it'),
  },
  example: 'complete web-01 --last-sync --services-stopped',
  run: async (args, context) => {
    const isLast = args['last-sync']
    const job = await findJob(context, args.job)
    demandLegal(job, 'complete', 'complete')
    await demandFitDestination(context, job)
    if (isLast && !args['services-stopped'])
      throw new Refusal(
        'services-running',
        `A last sync is only exact when nothing writes to ${args.job} any more: stop its services, then say so: \`complete ${args.job} --last-sync --services-stopped\`.`,
      )
    const consequence = isLast
      ? `${args.job} runs one last sync, then nothing syncs any more and its intermediate is released.`
      : `Nothing syncs ${args.job} any more, not even what changed since the last sync, and its intermediate is released.`
    const overwritten = await whatIsOverwritten(context, job)
    const facts = { ...(await evidence(context, job)), ...overwritten.facts }
    await finalStep(context, job, consequence + overwritten.sentence, facts)
    const { after } = await moveJob(context, args.job, isLast ? 'last-sync' : 'complete', () => ({
      set: { completing: true, nextSyncAt: null, pendingIntervalMs: null },
      ...(isLast
        ? { startSync: { kind: 'final', trigger: 'manual', askedBy: context.person.name } as const }
        : {}),
      facts: { 'last-sync': isLast, 'services-stopped': args['services-stopped'] },
      notices: [
        { severity: 'info', title: `${args.job}: ${isLast ? 'the last sync has started' : 'completing'}` },
      ],
    }))
    return accepted(
      'completing',
      isLast
        ? `The last sync of ${args.job} has started; it completes by itself afterwards.`
        : `${args.job} is Completing.`,
      await describeJob(context, after),
    )
  },
})

/** What the approvers of a completion should see. */
async function evidence({ store, clock }: Context, job: Job): Promise<Record<string, string>> {
  const [last] = (await store.syncs.list(job.id, 5)).filter((sync) => sync.result === 'ok')
  const newest = (await store.images.list(job.id)).at(-1)
  return {
    ...(await describeForecast({ store, clock }, job)),
    'Last sync':
      last?.endedAt == null ? 'none' : `${syncSummary(last)}, ended ${formatTime(last.endedAt, clock.now())}`,
    'Newest image':
      newest === undefined
        ? 'none'
        : `#${newest.number} ${newest.cloudId}, ${newest.verdict ?? 'not verified yet'}`,
  }
}
