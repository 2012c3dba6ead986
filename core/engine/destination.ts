/** The destination while its job lives: looked at, held by a tag, let go at the end. */
import type { DestinationLook } from '../domain/destination.ts'
import { DESTINATION_TAG, whyUnfit } from '../domain/destination.ts'
import { Fault } from '../domain/faults.ts'
import type { Job } from '../domain/job.ts'
import type { Destination } from '../ports/destinations.ts'
import type { Parts } from './parts.ts'
import type { JobWork } from './work.ts'

/** How old the view of a destination may be that `status` shows. */
const OLD_MS = 30_000

/** The destination of a job with the target instance. */
export async function destinationOf({ store }: Parts, jobId: string): Promise<Destination> {
  const destination = await store.destinations.of(jobId)
  if (destination === undefined) throw new Error(`job ${jobId} has no destination`)
  return destination
}

/** Looks at the destinations of unfinished jobs, so that people see them as they are and hear early what is wrong. */
export async function lookAtDestinations(parts: Parts): Promise<void> {
  const { store, clock, log } = parts
  const before = clock.now().getTime() - OLD_MS
  for (const destination of await store.destinations.unfinished()) {
    if ((destination.lookedAt?.getTime() ?? 0) > before) continue
    const job = await store.jobs.byId(destination.jobId)
    if (job === undefined) continue
    try {
      await lookAt(parts, job, destination)
    } catch (error) {
      log.warn('a destination cannot be looked at now', { job: job.name, error })
    }
  }
}

/** The destination as it is now, and why it would not do; both are kept for who asks. */
export async function lookAt(
  parts: Parts,
  job: Job,
  { instanceId, swap }: Destination,
): Promise<{ readonly look: DestinationLook | undefined; readonly problem: string | undefined }> {
  const { store } = parts
  const look = await see(parts, instanceId)
  // Disks that are being replaced are nobody's measure.
  const isWhole = swap === null || swap.state === 'taken back'
  const disks = isWhole ? await store.jobs.disks(job.id) : []
  const problem = whyUnfit(instanceId, look, { ...job, mark: markOf(parts, job) }, disks)
  await store.destinations.looked(job.id, look ?? null, problem ?? null)
  return { look, problem }
}

async function see({ cloud }: Parts, instanceId: string): Promise<DestinationLook | undefined> {
  const instance = await cloud.instance(instanceId)
  if (instance === undefined) return undefined
  const attached = await cloud.disksOf(instanceId)
  const { name, address, privateAddress, zone, type, status, imageId, tags } = instance
  const disks = attached.map(({ id, device, role, sizeGiB, deleteWithInstance }) => ({
    ...{ id, device, role, sizeGiB, deleteWithInstance },
  }))
  return { name, address, privateAddress, zone, type, status, imageId, tags, disks }
}

/** The destination, fit at this moment. Throws DESTINATION_UNFIT with the sentence that says why not. */
export async function fitDestination(work: JobWork): Promise<DestinationLook> {
  const { parts, job } = work
  const destination = await destinationOf(parts, job.id)
  const { look, problem } = await lookAt(parts, job, destination)
  if (look === undefined || problem !== undefined)
    throw new Fault('DESTINATION_UNFIT', problem ?? '', { instance: destination.instanceId })
  return look
}

/** Checks the destination and holds it by its tag, before anything is made that costs money. Repeatable. */
export async function holdDestination(work: JobWork): Promise<void> {
  const { parts, job } = work
  if (job.target !== 'instance') return
  await fitDestination(work)
  const { instanceId } = await destinationOf(parts, job.id)
  await parts.cloud.tag({ kind: 'instance', id: instanceId }, { [DESTINATION_TAG]: markOf(parts, job) })
}

/** Takes the tag off, if it is this job's. Repeatable; an instance that is gone needs no letting go. */
export async function letGoOfDestination({ parts, job }: JobWork): Promise<void> {
  if (job.target !== 'instance') return
  const { instanceId } = await destinationOf(parts, job.id)
  const instance = await parts.cloud.instance(instanceId)
  if (instance?.tags[DESTINATION_TAG] === markOf(parts, job))
    await parts.cloud.untag({ kind: 'instance', id: instanceId }, [DESTINATION_TAG])
}

function markOf({ settings }: Parts, job: Job): string {
  return `${settings.installation}/${job.id}`
}
