import type { Job } from '../domain/job.ts'
import { HOLD_RANGE } from '../domain/instant.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { isOver } from '../domain/life.ts'
import { choice, count, duration, name, named, optional, orOff, rate } from './args.ts'
import { defineCommand } from './define.ts'
import { describeJob, transferWords } from './describe-job.ts'
import { changeJob } from './on-job.ts'
import { done, Refusal } from './reply.ts'

export const limit = defineCommand({
  name: 'limit',
  summary:
    'Change how a job sends: the most bandwidth, compression, connections, how long writes may be held; a running sync takes the first two at once',
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
    hold: named(
      optional(
        orOff(
          duration(
            'how long writes on the source may be held so that an image is one instant, from the next sync or retry on',
            HOLD_RANGE,
          ),
        ),
      ),
    ),
  },
  example: 'limit web-01 200mbit compression=on connections=4',
  run: async ({ job: jobName, rate: bytesPerSecond, compression, connections, hold }, context) => {
    const asked = {
      ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
      ...(compression === undefined ? {} : { compression }),
      ...(connections === undefined ? {} : { connections }),
      ...(hold === undefined ? {} : { holdMs: hold }),
    }
    if (Object.keys(asked).length === 0)
      throw new Refusal(
        'missing-argument',
        `Say what to change: \`limit ${jobName} 200mbit\`, \`limit ${jobName} off\`, or compression=on, connections=4, hold=2s.`,
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

/** From when on the change counts: a running sync changes neither its connections nor how it holds writes. */
function inForce(job: Pick<Job, 'state'>, asked: Partial<Pick<Job, 'connections' | 'holdMs'>>): string {
  if (job.state !== 'syncing') return 'from its next sync or retry on'
  const later = Object.keys(asked).filter((name) => name === 'connections' || name === 'holdMs')
  if (later.length === 0) return 'at once, also for the sync that runs'
  return Object.keys(asked).length === later.length
    ? 'from the next sync or retry on'
    : 'bandwidth and compression at once, the rest from the next sync or retry on'
}
