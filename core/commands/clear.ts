import { labels, statesAllowing } from '../domain/life.ts'
import { name } from './args.ts'
import { defineCommand } from './define.ts'
import { demandWholeDestination } from './describe-destination.ts'
import { describeJob } from './describe-job.ts'
import { finalStep } from './final-step.ts'
import { demandLegal, findJob, moveJob } from './on-job.ts'
import { accepted } from './reply.ts'

export const clear = defineCommand({
  name: 'clear',
  summary: 'Delete a job and release its intermediate in one step; images and audit stay',
  effect: 'final',
  legalIn: labels(statesAllowing('clear')),
  args: { job: name('the job') },
  example: 'clear web-01',
  run: async ({ job: jobName }, context) => {
    const job = await findJob(context, jobName)
    demandLegal(job, 'clear', 'clear')
    await demandWholeDestination(context, job, 'clear')
    await finalStep(
      context,
      job,
      `${jobName} is deleted and its intermediate released; it cannot be resumed. Its images stay.`,
      {},
    )
    const { after } = await moveJob(context, jobName, 'clear', () => ({
      set: { nextSyncAt: null, resume: null },
    }))
    return accepted('clearing', `${jobName} is Clearing.`, await describeJob(context, after))
  },
})
