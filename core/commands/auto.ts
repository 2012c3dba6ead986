import { STATE_LABELS } from '../domain/job.ts'
import { choice, name } from './args.ts'
import { defineCommand } from './define.ts'
import { describeJob } from './describe-job.ts'
import { changeJob } from './on-job.ts'
import { nextDue } from './next-due.ts'
import { done, Refusal } from './reply.ts'

export const auto = defineCommand({
  name: 'auto',
  summary: 'Turn automatic incremental sync on or off',
  effect: 'change',
  legalIn: 'Ready or Waiting',
  args: { job: name('the job'), mode: choice('on: sync every interval; off: only by hand', ['on', 'off']) },
  example: 'auto web-01 off',
  run: async ({ job: jobName, mode }, context) => {
    const isOn = mode === 'on'
    const { after, voided } = await changeJob(context, jobName, async (job) => {
      if (job.state !== 'ready' && job.state !== 'waiting')
        throw new Refusal(
          'not-legal-now',
          `auto is not possible while ${jobName} is ${STATE_LABELS[job.state]}. It is possible in Ready or Waiting.`,
        )
      const nextSyncAt = isOn && job.state === 'waiting' ? await nextDue(context, job) : null
      return { set: { auto: isOn, nextSyncAt }, facts: { auto: isOn } }
    })
    const words = isOn
      ? 'syncs by itself'
      : after.state === 'ready'
        ? 'makes a full copy only, then completes by itself'
        : 'syncs only when asked'
    return done('auto-changed', `${jobName} ${words}.`, await describeJob(context, after, voided))
  },
})
