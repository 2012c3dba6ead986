import { labels, statesAllowing } from '../domain/life.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { name } from './args.ts'
import { defineCommand } from './define.ts'
import { describeJob } from './describe-job.ts'
import { findJob, isWorking, moveJob } from './on-job.ts'
import { nextDue } from './next-due.ts'
import { accepted, done } from './reply.ts'

export const resume = defineCommand({
  name: 'resume',
  summary: 'Go on with a paused job from where it was',
  effect: 'change',
  legalIn: labels(statesAllowing('resume')),
  args: { job: name('the job') },
  example: 'resume web-01',
  run: async ({ job: jobName }, context) => {
    const paused = await findJob(context, jobName)
    const due = paused.auto && paused.resume === 'waiting' ? await nextDue(context, paused) : null
    const { after } = await moveJob(context, jobName, 'resume', () => ({
      set: { resume: null, nextSyncAt: due },
    }))
    const title = `${jobName} is ${STATE_LABELS[after.state]} again.`
    const view = await describeJob(context, after)
    return isWorking(after) ? accepted('resumed', title, view) : done('resumed', title, view)
  },
})
