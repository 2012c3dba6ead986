import { Fault } from '../domain/faults.ts'
import type { Image, Job } from '../domain/job.ts'
import { imagesToDelete } from '../domain/retention.ts'
import type { Parts } from './parts.ts'

/**
 * Enforces `keep` (S3): the earliest images that nothing uses go, then their snapshots. An image that turns out to be
 * in use is marked so and the next one is looked at; that never fails the sync. Repeatable.
 */
export async function retain(parts: Parts, job: Job): Promise<void> {
  for (;;) {
    const images = await parts.store.images.list(job.id)
    const { deletable, overflow } = imagesToDelete(images, job.keep)
    const [next] = deletable
    if (next === undefined) {
      if (overflow > 0) await tellOverflow(parts, job, images.length)
      return
    }
    if (!(await deleteImage(parts, next))) await parts.store.images.setInUse(next.id, true)
  }
}

/** False when the cloud says that it is in use. */
async function deleteImage({ store, cloud }: Parts, image: Image): Promise<boolean> {
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

async function tellOverflow({ store, log }: Parts, job: Job, count: number): Promise<void> {
  log.warn('more images than keep says: the rest is in use or pinned', {
    job: job.name,
    images: count,
    keep: job.keep,
  })
  await store.outbox.add(
    {
      severity: 'warning',
      title: `${job.name} has ${count} images, ${count - job.keep} more than it should keep: they are in use or pinned`,
    },
    job.id,
  )
}
