import { labels, statesAllowing } from '../domain/life.ts'
import { name } from './args.ts'
import { defineCommand } from './define.ts'
import { demandFitDestination } from './describe-destination.ts'
import { describeJob } from './describe-job.ts'
import { demandLegal, findJob, moveJob } from './on-job.ts'
import { accepted } from './reply.ts'

export const start = defineCommand({
  name: 'start',
  summary: 'Begin: create the intermediate and run the full sync',
  effect: 'change',
  legalIn: labels(statesAllowing('start')),
  args: { job: name('the job') },
  example: 'start web-01',
  run: async ({ job }, context) => {
    const found = await findJob(context, job)
    demandLegal(found, 'start', 'start')
    await demandFitDestination(context, found)
    const { after } = await moveJob(context, job, 'start', () => ({
      startSync: { kind: 'full', trigger: 'manual', askedBy: context.person.name },
    }))
    return accepted(
      'started',
      `${job} is Preparing: the intermediate is being created (billed), then ${found.clonedFrom === null ? 'the full sync runs' : 'the first sync sends what has changed since the image that it was cloned from'}.`,
      {
        ...(await describeJob(context, after)),
      },
    )
  },
})
