import type { Job } from '../domain/job.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { isOver } from '../domain/life.ts'
import { choice, count, name, named, optional, rate } from './args.ts'
import { defineCommand } from './define.ts'
import { describeJob, transferWords } from './describe-job.ts'
import { changeJob } from './on-job.ts'
import { done, Refusal } from './reply.ts'

export const limit = defineCommand({
  name: 'limit',
  summary:
    'Change how a job sends: the most bandwidth, compression, connections; a running sync takes the first two at once',
  effect: 'change',
  legalIn: 'before the end',
  args: {
    job: name('the job'),
    rate: optional(rate('the most that may be sent; off lifts the limit')),
    compression: named(
      optional(
        choice('of the blocks on their way; auto packs where that makes them faster', ['auto', 'on', 'off']),
      ),
    ),
    connections: named(
      optional(count('connections from the source to its receiver, from the next sync or retry on', 1, 8)),
    ),
  },
  example: 'limit web-01 200mbit compression=on connections=4',
  run: async ({ job: jobName, rate: bytesPerSecond, compression, connections }, context) => {
    const asked = {
      ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
      ...(compression === undefined ? {} : { compression }),
      ...(connections === undefined ? {} : { connections }),
    }
    if (Object.keys(asked).length === 0)
      throw new Refusal(
        'missing-argument',
        `Say what to change: \`limit ${jobName} 200mbit\`, \`limit ${jobName} off\`, or compression=on, connections=4.`,
      )
    const { after, voided } = await changeJob(context, jobName, (job) => {
      if (isOver(job.state))
        throw new Refusal(
          'not-legal-now',
          `${jobName} is ${STATE_LABELS[job.state]}: it sends nothing any more.`,
        )
      return { set: asked, facts: { limit: transferWords({ ...job, ...asked }) } }
    })
    return done(
      'limit-changed',
      `${jobName} sends ${transferWords(after)}.`,
      await describeJob(context, after, { 'In force': inForce(after, asked), ...voided }),
    )
  },
})

/** From when on the change counts: a running sync cannot change its connections. */
function inForce(job: Pick<Job, 'state'>, asked: Partial<Pick<Job, 'connections'>>): string {
  if (job.state !== 'syncing') return 'from its next sync or retry on'
  if (asked.connections === undefined) return 'at once, also for the sync that runs'
  return Object.keys(asked).length === 1
    ? 'from the next sync or retry on'
    : 'bandwidth and compression at once, connections from the next sync or retry on'
}
