import { labels, statesAllowing } from '../domain/life.ts'
import { name } from './args.ts'
import { defineCommand } from './define.ts'
import { describeJob } from './describe-job.ts'
import { isWorking, moveJob } from './on-job.ts'
import { accepted, done } from './reply.ts'

export const pause = defineCommand({
  name: 'pause',
  summary: 'Stop a job where it is',
  effect: 'change',
  legalIn: labels(statesAllowing('pause')),
  args: { job: name('the job') },
  example: 'pause web-01',
  run: async ({ job: jobName }, context) => {
    const { after } = await moveJob(context, jobName, 'pause', (job) => ({
      set: {
        resume: job.state === 'preparing' || job.state === 'syncing' ? job.state : 'waiting',
        nextSyncAt: null,
      },
    }))
    const view = await describeJob(context, after)
    if (isWorking(after))
      return accepted(
        'pausing',
        `${jobName} is Pausing: it stops at the next safe point; an image being made is finished first.`,
        view,
      )
    return done('paused', `${jobName} is Paused. \`resume ${jobName}\` goes on.`, view)
  },
})
