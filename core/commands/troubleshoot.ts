import { formatTime } from '../domain/duration.ts'
import { faultEntry, FAULTS } from '../domain/faults.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { name } from './args.ts'
import { defineCommand } from './define.ts'
import { nextSteps } from './on-job.ts'
import { findJob } from './on-job.ts'
import { done } from './reply.ts'

const MENDERS = {
  ferry: 'nobody: Ferry tries again by itself',
  operator: 'you',
  source: 'whoever runs the source',
  'cloud-account': 'whoever runs the cloud account',
  cloud: 'the cloud',
} as const

export const troubleshoot = defineCommand({
  name: 'troubleshoot',
  summary: 'Say what went wrong, why, and what to do',
  effect: 'read',
  legalIn: 'any',
  args: { job: name('the job') },
  example: 'troubleshoot web-01',
  run: async ({ job: jobName }, context) => {
    const job = await findJob(context, jobName)
    const { fault } = job
    if (fault === null)
      return done('no-fault', `${jobName} is ${STATE_LABELS[job.state]}; nothing has gone wrong.`, {
        actions: nextSteps(job),
      })
    const isLost = job.intermediate === 'lost'
    const entry = faultEntry(fault.code)
    // Whatever failed first: without the intermediate only this remedy is left.
    const { remedy } = isLost ? FAULTS.INTERMEDIATE_RELEASED : entry
    const running = await context.store.syncs.running(job.id)
    const isCurrent = job.state === 'error'
    return done('troubleshoot', `${isCurrent ? '' : 'Over now: '}${entry.title}.`, {
      facts: {
        Code: fault.code,
        'What happened': fault.detail,
        When: `${formatTime(fault.at, context.clock.now())}${job.resume === null ? '' : `, while ${STATE_LABELS[job.resume]}`}${
          running === undefined ? '' : `, in sync #${running.number} (${running.phase})`
        }`,
        Tried: fault.tries === 0 ? 'once' : `${fault.tries + 1} times`,
        'Probable cause': entry.cause,
        'What to do': remedy.replaceAll('<job>', jobName),
        'Who can mend it': MENDERS[entry.mender],
        'Will retry help':
          !entry.retryable || isLost
            ? 'no'
            : `yes: it goes on from ${job.resume === null ? 'where it stopped' : STATE_LABELS[job.resume]}; blocks already applied are not sent again`,
      },
      actions: nextSteps(job),
      data: {
        job: jobName,
        code: fault.code,
        detail: fault.detail,
        current: isCurrent,
        retryable: entry.retryable && !isLost,
      },
    })
  },
})
