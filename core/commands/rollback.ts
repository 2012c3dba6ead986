import { deviceAt, diskWords, swapKey } from '../domain/destination.ts'
import { STATE_LABELS } from '../domain/job.ts'
import type { Destination } from '../ports/destinations.ts'
import { name } from './args.ts'
import type { Context } from './define.ts'
import { defineCommand } from './define.ts'
import { describeJob } from './describe-job.ts'
import { finalStep } from './final-step.ts'
import { refuseLocked } from './held.ts'
import { findJob, nowPossible } from './on-job.ts'
import { accepted, Refusal } from './reply.ts'

export const rollback = defineCommand({
  name: 'rollback',
  summary: 'Put the old disks of the destination instance back, after its disks were replaced',
  effect: 'final',
  legalIn: 'target instance: Completed, Cleared, or Error while the disks are being replaced',
  args: { job: name('the job') },
  example: 'rollback web-01',
  run: async ({ job: jobName }, context) => {
    const { store, actor } = context
    const job = await findJob(context, jobName)
    const destination = await store.destinations.of(job.id)
    const swap = destination?.swap
    if (destination === undefined || swap == null || swap.state === 'taken back')
      throw new Refusal(
        'nothing-to-roll-back',
        destination === undefined
          ? `${jobName} has no destination instance: its target is the image, and nothing was replaced.`
          : `The disks of ${destination.instanceId} are ${swap == null ? 'as they always were' : 'back already'}; there is nothing to put back.`,
      )
    const { instanceId } = destination
    if (job.state !== 'error' && job.endedAt === null)
      throw new Refusal(
        'not-legal-now',
        `rollback is not possible while ${jobName} is ${STATE_LABELS[job.state]}. It is possible once it is Completed or in Error. Possible now: ${nowPossible(job).join(', ')}.`,
      )
    await refuseLocked(context, job)
    await demandOldDisks(context, job.id, destination)
    await finalStep(
      context,
      job,
      `${instanceId} stops and gets its old disks back. What was written to its new system disk is lost; the migrated data disks are kept. Image #${swap.image.number} stays.`,
      { Instance: instanceId, 'Its disks then': diskWords(swap.before) },
    )
    if (
      !(await store.destinations.askWayBack(job.id, {
        actor,
        action: 'rollback',
        outcome: 'asked',
        facts: { instance: instanceId },
      }))
    )
      throw new Refusal('busy', `${jobName} has changed at this moment. Look again.`)
    return accepted(
      'rolling-back',
      `${instanceId} is getting its old disks back; \`status ${jobName}\` shows how far it is.`,
      await describeJob(context, job),
    )
  },
})

/** Once all is replaced, the way back needs every old disk; a released one cannot be put back. */
async function demandOldDisks(
  { store }: Context,
  jobId: string,
  { instanceId, swap }: Destination,
): Promise<void> {
  if (swap?.state !== 'done') return
  const key = swapKey(jobId, swap.number)
  const kept = (await store.ledger.open(jobId)).filter(({ releaseAskedBy }) => releaseAskedBy === null)
  const missing = swap.before.find(
    ({ device }) =>
      !kept.some((each) =>
        each.key.startsWith(device === deviceAt(0) ? `${key}/way-back` : `${key}/former/${device}`),
      ),
  )
  if (missing !== undefined)
    throw new Refusal(
      'old-disks-released',
      `The old disk ${missing.device} of ${instanceId} was released: there is no way back to it.`,
    )
}
