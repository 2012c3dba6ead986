import { STATE_LABELS } from '../domain/job.ts'
import { name } from './args.ts'
import { defineCommand } from './define.ts'
import { refuseTaken } from './describe-destination.ts'
import { describeJob } from './describe-job.ts'
import { findJob, isCloneable } from './on-job.ts'
import { done, Refusal } from './reply.ts'

export const clone = defineCommand({
  name: 'clone',
  summary:
    'Make a new job that starts from the last image of an ended one, so that only later changes are sent',
  effect: 'change',
  legalIn: 'Completed, Cancelled, or Error with the intermediate gone',
  args: { job: name('the job to start from'), name: name('the name of the new job') },
  example: 'clone web-01 web-01b',
  run: async ({ job: from, name: newName }, context) => {
    const { store, actor, person } = context
    const job = await findJob(context, from)
    if (!isCloneable(job))
      throw new Refusal(
        'not-legal-now',
        `clone is not possible while ${from} is ${STATE_LABELS[job.state]}. It is possible in Completed, Cancelled, or Error with the intermediate gone.`,
      )
    const image = (await store.images.list(job.id)).at(-1)
    if (image === undefined)
      throw new Refusal(
        'no-such-image',
        `${from} has no image to start from: \`create ${newName} source=…\` makes a job from the beginning.`,
      )
    const open = await store.jobs.openOfSource(job.sourceId)
    if (open !== undefined && open.intermediate !== 'lost')
      throw new Refusal(
        'source-busy',
        `The source has the job ${open.name} already; a source has one unfinished job.`,
      )
    if (job.destination !== null) await refuseTaken(context, job.destination)
    const cloned = await store.jobs.create(
      {
        name: newName,
        sourceId: job.sourceId,
        region: job.region,
        zone: job.zone,
        auto: job.auto,
        intervalMs: job.intervalMs,
        keep: job.keep,
        imageName: job.imageName,
        bytesPerSecond: job.bytesPerSecond,
        compression: job.compression,
        connections: job.connections,
        holdMs: job.holdMs,
        windows: job.windows,
        disks: await store.jobs.disks(job.id),
        createdBy: person.name,
        clonedFrom: job.id,
        destination: job.destination,
      },
      { actor, action: 'clone', outcome: 'ready', facts: { from, image: image.cloudId } },
    )
    if (cloned === undefined)
      throw new Refusal('name-taken', `There is a job ${newName} already; choose another name.`)
    return done(
      'cloned',
      `${newName} is Ready: \`start ${newName}\` creates its intermediate from image #${image.number} of ${from} and sends only what changed since.`,
      {
        ...(await describeJob(context, cloned)),
      },
    )
  },
})
