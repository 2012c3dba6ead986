import { costWords } from '../domain/cost.ts'
import { formatTime } from '../domain/duration.ts'
import type { Job } from '../domain/job.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { ENDED } from '../domain/life.ts'
import type { Resource } from '../ports/store.ts'
import { cloudId } from './args.ts'
import type { Context } from './define.ts'
import { defineCommand } from './define.ts'
import { finalStep } from './final-step.ts'
import { refuseLocked } from './held.ts'
import { nowPossible } from './on-job.ts'
import { accepted, Refusal } from './reply.ts'

export const release = defineCommand({
  name: 'release',
  summary: 'Release something that costs money: the intermediate of a failed job, a launched instance',
  effect: 'final',
  args: { resource: cloudId('its id in the cloud, as `resources` shows it') },
  example: 'release i-bp1a2b3c4d5e6f7g8h9j',
  run: async ({ resource: id }, context) => {
    const { store, actor, clock } = context
    const resource = await store.ledger.byCloudId(id)
    if (resource === undefined || resource.releasedAt !== null)
      throw new Refusal(
        'no-such-resource',
        `Ferry holds nothing with the id ${id}. \`resources\` lists what it holds; it never touches what is not its own.`,
      )
    const job = await store.jobs.byId(resource.jobId)
    if (job === undefined) throw new Refusal('no-such-job', `The job of ${id} is gone.`)
    await refuseLocked(context, job)
    const isIntermediate = resource.purpose === 'intermediate'
    refuseWhatOthersRelease(resource, job)
    if (resource.kind === 'image') await refusePinned(context, id, job)
    if (isIntermediate && job.state !== 'error')
      throw new Refusal(
        'not-legal-now',
        `${id} is the intermediate of ${job.name}, which needs it. It can be released by hand in Error. Possible now: ${nowPossible(job).join(', ')}.`,
      )
    await finalStep(
      context,
      job,
      isIntermediate
        ? `The intermediate of ${job.name} is released: the job can then only be shown, cleared or cloned.`
        : `${id} (${resource.purpose}) is released.`,
      { What: `${resource.kind} ${id}, ${resource.purpose}` },
      {
        drifting: {
          'Exists since': formatTime(resource.intendedAt, clock.now()),
          Costs: costWords([resource]) ?? 'not known',
        },
      },
    )
    if (isIntermediate) {
      const after = await store.jobs.change(job, {
        set: { intermediate: 'lost' },
        audit: { actor, action: 'release', outcome: 'asked', facts: { resource: id } },
        ...(context.approval === undefined ? {} : { useApproval: context.approval.number }),
      })
      if (after === undefined)
        throw new Refusal('busy', `${job.name} has changed at this moment. Look again.`)
    }
    await store.ledger.askRelease(resource.key, {
      actor,
      action: 'release',
      outcome: 'asked',
      facts: { resource: id, purpose: resource.purpose },
    })
    return accepted('releasing', `${id} is being released, within a minute.`, { data: { resource: id } })
  },
})

async function refusePinned({ store }: Context, id: string, job: Job): Promise<void> {
  const image = (await store.images.list(job.id)).find(({ cloudId }) => cloudId === id)
  if (image?.pinned === true)
    throw new Refusal(
      'pinned',
      `${id} is image #${image.number} of ${job.name} and pinned: \`images unpin ${job.name} ${image.number}\` lets it go.`,
    )
}

/** Images go by `keep` while their job lives, snapshots and disks with what they belong to. */
function refuseWhatOthersRelease({ kind, cloudId: id, purpose, outlivesJob }: Resource, job: Job): void {
  if (outlivesJob || kind === 'instance' || (kind === 'image' && ENDED.includes(job.state))) return
  throw new Refusal(
    'not-releasable',
    kind === 'image'
      ? `${id ?? 'It'} is an image of ${job.name}, which is ${STATE_LABELS[job.state]}: images go by \`keep ${job.name}\` until the job has ended.`
      : `${id ?? 'It'} is a ${kind} (${purpose}): it goes with what it belongs to. Instances and, once their job has ended, images are released by hand.`,
  )
}
