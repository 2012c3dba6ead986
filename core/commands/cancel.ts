import { counted } from '../domain/counted.ts'
import { labels, statesAllowing } from '../domain/life.ts'
import { name } from './args.ts'
import { defineCommand } from './define.ts'
import { demandWholeDestination } from './describe-destination.ts'
import { describeJob } from './describe-job.ts'
import { finalStep } from './final-step.ts'
import { demandLegal, findJob, moveJob } from './on-job.ts'
import { accepted } from './reply.ts'

export const cancel = defineCommand({
  name: 'cancel',
  summary: 'End the migration without completing it; its images stay',
  effect: 'final',
  legalIn: labels(statesAllowing('cancel')),
  args: { job: name('the job') },
  example: 'cancel web-01',
  run: async ({ job: jobName }, context) => {
    const job = await findJob(context, jobName)
    demandLegal(job, 'cancel', 'cancel')
    await demandWholeDestination(context, job, 'cancel')
    const kept = await context.store.images.list(job.id)
    await finalStep(
      context,
      job,
      `${jobName} ends: nothing syncs any more and its intermediate is released; ${kept.length === 0 ? 'it has no image' : `its ${counted(kept.length, 'image stays', 'images stay')}`}.`,
      {
        'Images kept': String(kept.length),
      },
    )
    const { after } = await moveJob(context, jobName, 'cancel', () => ({
      set: { nextSyncAt: null, resume: null },
    }))
    return accepted('cancelling', `${jobName} is Cancelling.`, await describeJob(context, after))
  },
})
