import { isOver } from '../domain/life.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { formatBitRate } from '../domain/rate.ts'
import { name, rate } from './args.ts'
import { defineCommand } from './define.ts'
import { describeJob } from './describe-job.ts'
import { changeJob } from './on-job.ts'
import { done, Refusal } from './reply.ts'

export const limit = defineCommand({
  name: 'limit',
  summary: 'Limit the bandwidth that a job may use, from its next sync or retry on; off lifts the limit',
  effect: 'change',
  legalIn: 'before the end',
  args: { job: name('the job'), rate: rate('the most that may be sent') },
  example: 'limit web-01 200mbit',
  run: async ({ job: jobName, rate: bytesPerSecond }, context) => {
    const { after, voided } = await changeJob(context, jobName, (job) => {
      if (isOver(job.state))
        throw new Refusal(
          'not-legal-now',
          `${jobName} is ${STATE_LABELS[job.state]}: it sends nothing any more.`,
        )
      return {
        set: { bytesPerSecond },
        facts: { limit: bytesPerSecond === null ? 'off' : formatBitRate(bytesPerSecond) },
      }
    })
    const words =
      bytesPerSecond === null ? 'sends as fast as it can' : `sends at most ${formatBitRate(bytesPerSecond)}`
    return done(
      'limit-changed',
      `${jobName} ${words} from its next sync or retry on.`,
      await describeJob(context, after, voided),
    )
  },
})
