import { Fault } from '../domain/faults.ts'
import type { Image, Job } from '../domain/job.ts'
import { heldBy, imagesToDelete, markUsed } from '../domain/retention.ts'
import type { Parts } from './parts.ts'

/** What stays over the number that `keep` says. */
interface Retained {
  readonly overflow: number
  /** An image has turned out to be in use just now, so that people have not heard of it yet. */
  readonly isNew: boolean
}

/**
 * Enforces `keep` (S3): the earliest images that nothing uses and nobody pinned go, then their snapshots. An image
 * that turns out to be in use is marked so and the next one is looked at; that never fails the sync. Repeatable.
 */
export async function retain(parts: Parts, job: Job): Promise<Retained> {
  const { store } = parts
  await finishDeletions(parts, job)
  await forgetPastUse(parts, job)
  for (let isNew = false; ;) {
    const { deletable, overflow } = imagesToDelete(await imagesWithUse(parts, job), job.keep)
    const [next] = deletable
    if (next === undefined) return { overflow, isNew }
    // Pinned at this moment: the next look knows.
    if (!(await store.images.beginDelete(next.id))) continue
    if (await deleteImage(parts, next)) continue
    await store.images.setInUse(next.id, true)
    isNew = true
  }
}

/** The images, with what Ferry itself uses or is about to use, which the cloud may not know yet. */
async function imagesWithUse({ store }: Pick<Parts, 'store'>, job: Job): Promise<readonly Image[]> {
  const [images, resources, verifications] = await Promise.all([
    store.images.list(job.id),
    store.ledger.open(job.id),
    store.verifications.list(job.id),
  ])
  return markUsed(images, resources, verifications)
}

/** What a process that died had begun to delete is not to stay, whatever `keep` says meanwhile. */
async function finishDeletions(parts: Parts, job: Job): Promise<void> {
  const { images } = parts.store
  for (const image of (await images.list(job.id)).filter(({ deleting }) => deleting))
    if (!(await deleteImage(parts, image))) await images.setInUse(image.id, true)
}

/** Who used an image may have ended: a server that was looked at, the test instance of a verification. */
async function forgetPastUse({ store, cloud }: Parts, job: Job): Promise<void> {
  const images = await store.images.list(job.id)
  for (const image of images.filter(({ inUse }) => inUse))
    if ((await cloud.image(image.cloudId))?.inUse === false) await store.images.setInUse(image.id, false)
}

/** Deletes an image and its snapshots. False when the cloud says that it is in use. Repeatable. */
export async function deleteImage({ store, cloud }: Parts, image: Image): Promise<boolean> {
  const resources = (await store.ledger.open(image.jobId)).filter(({ syncId }) => syncId === image.syncId)
  try {
    await cloud.deleteImage(image.cloudId)
  } catch (error) {
    if (error instanceof Fault && error.code === 'IMAGE_IN_USE') return false
    throw error
  }
  for (const resource of resources) {
    if (resource.kind === 'snapshot' && resource.cloudId !== null)
      await cloud.deleteSnapshot(resource.cloudId)
    await store.ledger.released(resource.key)
  }
  await store.images.setDeleted(image.id)
  return true
}

/** Says that more images stay than `keep` allows, which, and why. */
export async function tellOverflow(parts: Parts, job: Job, overflow: number): Promise<void> {
  const { store, log } = parts
  log.warn('more images than keep says: the rest is in use or pinned', { job: job.name, overflow })
  const held = (await imagesWithUse(parts, job)).flatMap((image) => {
    const reason = heldBy(image)
    return reason === undefined ? [] : [`#${image.number} (${image.cloudId}) is ${reason}`]
  })
  await store.outbox.add(
    {
      severity: 'warning',
      title: `${job.name} has ${job.keep + overflow} images, ${overflow} more than it should keep: they are in use or pinned`,
      facts: { 'Passed over': held.join('; ') },
    },
    job.id,
  )
}
