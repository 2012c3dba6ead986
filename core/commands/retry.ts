import { withRetry } from '../domain/fault-course.ts'
import { faultEntry, remedyOf } from '../domain/faults.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { labels, statesAllowing } from '../domain/life.ts'
import { name } from './args.ts'
import { defineCommand } from './define.ts'
import { describeJob } from './describe-job.ts'
import { demandLegal, moveJob } from './on-job.ts'
import { accepted, Refusal } from './reply.ts'

export const retry = defineCommand({
  name: 'retry',
  summary: 'Go on with a failed job from the point where it stopped',
  effect: 'change',
  legalIn: labels(statesAllowing('retry')),
  args: { job: name('the job') },
  example: 'retry web-01',
  run: async ({ job: jobName }, context) => {
    const { after } = await moveJob(context, jobName, 'retry', (job) => {
      demandLegal(job, 'retry', 'retry')
      const entry = faultEntry(job.fault?.code ?? '')
      if (!entry.retryable)
        throw new Refusal('retry-useless', `${entry.title}. ${remedyOf(entry, jobName)}`, {
          data: { code: job.fault?.code ?? null },
        })
      const fault = job.fault && withRetry(job.fault, context.person.name, context.clock.now())
      return { set: { resume: null, fault }, facts: { fault: job.fault?.code ?? null } }
    })
    return accepted(
      'retrying',
      `${jobName} is ${STATE_LABELS[after.state]} again${after.state === 'syncing' ? '; blocks already applied are not sent again' : ''}.`,
      await describeJob(context, after),
    )
  },
})
