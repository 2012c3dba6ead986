import type { Job } from '../domain/job.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { name, optional } from './args.ts'
import { timesChart } from './chart.ts'
import type { Context } from './define.ts'
import { defineCommand } from './define.ts'
import { describeJob } from './describe-job.ts'
import { findJob } from './on-job.ts'
import type { Reply } from './reply.ts'
import { done, Refusal } from './reply.ts'

/** Of which the chart is drawn, missed and cancelled ones included. */
const MOST_SYNCS = 20

const job = optional(name('the job; may be left out when there is only one'))

export const status = defineCommand({
  name: 'status',
  summary: 'Show where a job stands',
  effect: 'read',
  legalIn: 'any',
  args: { job },
  example: 'status web-01',
  run: async (args, context) => {
    const found = await jobOf(args, context)
    const [reply, syncs] = await Promise.all([
      showJob(found, context),
      context.store.syncs.list(found.id, MOST_SYNCS),
    ])
    return { ...reply, charts: timesChart(syncs) }
  },
})

export const watch = defineCommand({
  name: 'watch',
  summary: 'Follow a job while it moves: two bars in a terminal, the live message elsewhere',
  effect: 'read',
  legalIn: 'any',
  args: { job },
  example: 'watch web-01',
  run: async (args, context) => showJob(await jobOf(args, context), context),
})

const jobOf = async (args: { job: string | undefined }, context: Context): Promise<Job> =>
  findJob(context, args.job ?? (await onlyJob(context)))

async function showJob(found: Job, context: Context): Promise<Reply> {
  return done('status', `${found.name} is ${STATE_LABELS[found.state]}.`, await describeJob(context, found))
}

async function onlyJob({ store }: Context): Promise<string> {
  const jobs = await store.jobs.list()
  if (jobs.length === 1 && jobs[0] !== undefined) return jobs[0].name
  throw new Refusal(
    'missing-argument',
    jobs.length === 0
      ? 'There are no jobs yet: `create <name>` makes one.'
      : `Say which job: ${jobs
          .slice(0, 10)
          .map((other) => other.name)
          .join(', ')}${jobs.length > 10 ? ', …' : ''}.`,
  )
}
