import { formatDuration } from '../domain/duration.ts'
import { isOver } from '../domain/life.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { duration, name } from './args.ts'
import { defineCommand } from './define.ts'
import { describeJob, intervalWords } from './describe-job.ts'
import { changeJob } from './on-job.ts'
import { done, Refusal } from './reply.ts'

export const interval = defineCommand({
  name: 'interval',
  summary: 'Change the time between two syncs; in force when the next sync ends',
  effect: 'change',
  legalIn: 'before the end',
  args: { job: name('the job'), every: duration('from the end of one sync to the start of the next') },
  example: 'interval web-01 6h',
  run: async ({ job: jobName, every }, context) => {
    const { after, voided } = await changeJob(context, jobName, (job) => {
      if (isOver(job.state) || job.completing)
        throw new Refusal(
          'not-legal-now',
          `${jobName} is ${STATE_LABELS[job.state]}${job.completing && !isOver(job.state) ? ' and completing' : ''}: it will not sync on a schedule again.`,
        )
      // Before the first sync no rule is in force yet, so there is nothing to wait for.
      const set =
        job.state === 'ready'
          ? { intervalMs: every }
          : { pendingIntervalMs: every === job.intervalMs ? null : every }
      return { set, facts: { interval: formatDuration(every) } }
    })
    return done(
      'interval-changed',
      `${jobName} syncs ${intervalWords(after)}.`,
      await describeJob(context, after, voided),
    )
  },
})
