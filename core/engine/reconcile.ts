/** The ledger and the cloud's own inventory, brought to agree, both ways (S22). */
import { Fault } from '../domain/faults.ts'
import type { TaggedResource } from '../ports/cloud.ts'
import type { Resource } from '../ports/store.ts'
import { tellLost } from './lost.ts'
import { discardImaging } from './make-image.ts'
import type { Parts } from './parts.ts'
import { sweep } from './sweep.ts'

export async function reconcile(parts: Parts): Promise<void> {
  const inventory = await parts.cloud.inventory()
  await sweep(parts, inventory)
  await discardOrphans(parts)
  await closeGone(parts, inventory)
}

/** Snapshots and images of a sync that has ended without an image, or whose image is gone. */
async function discardOrphans(parts: Parts): Promise<void> {
  const { store, log } = parts
  const open = (await store.ledger.open()).filter(
    ({ kind, outlivesJob }) => (kind === 'snapshot' || kind === 'image') && !outlivesJob,
  )
  for (const jobId of new Set(open.map((resource) => resource.jobId))) {
    const kept = new Set((await store.images.list(jobId)).map((image) => image.syncId))
    const syncIds = open.flatMap((each) =>
      each.jobId === jobId && each.syncId !== null ? [each.syncId] : [],
    )
    for (const syncId of new Set(syncIds)) {
      if (kept.has(syncId) || (await store.syncs.byId(syncId))?.result === null) continue
      const job = await store.jobs.byId(jobId)
      if (job === undefined) continue
      try {
        await discardImaging({ parts, job }, syncId)
      } catch (error) {
        // Something else is made of it: it goes when that has gone.
        if (error instanceof Fault && ['IMAGE_IN_USE', 'SNAPSHOT_IN_USE'].includes(error.code)) continue
        log.warn('what a sync left cannot be deleted now; it is tried again', { job: job.name, error })
      }
    }
  }
}

/** Entries of the ledger whose resource somebody else has deleted: two reads, some time apart, must both miss it. */
async function closeGone(parts: Parts, inventory: readonly TaggedResource[]): Promise<void> {
  const { store, clock, settings, log } = parts
  const there = new Set(inventory.map(({ id }) => id))
  const before = clock.now().getTime() - settings.timings.settlingMs
  const missed = (await store.ledger.open()).filter(
    ({ cloudId, intendedAt }) => cloudId !== null && !there.has(cloudId) && intendedAt.getTime() < before,
  )
  const gone = await without(parts, missed)
  if (gone.length === 0) return
  await clock.sleep(settings.timings.lostConfirmMs)
  for (const resource of await without(parts, gone)) {
    log.warn('closing an entry of the ledger: the cloud has it no more', {
      kind: resource.kind,
      id: resource.cloudId,
      purpose: resource.purpose,
    })
    await tellGone(parts, resource)
    await store.ledger.released(resource.key)
  }
}

async function without(parts: Parts, resources: readonly Resource[]): Promise<readonly Resource[]> {
  const found = await Promise.all(resources.map((resource) => isThere(parts, resource)))
  return resources.filter((_, index) => found[index] !== true)
}

async function isThere({ cloud }: Parts, { kind, cloudId }: Resource): Promise<boolean> {
  const id = cloudId ?? ''
  if (kind === 'instance') return (await cloud.instance(id)) !== undefined
  if (kind === 'disk') return (await cloud.disk(id)) !== undefined
  if (kind === 'snapshot') return (await cloud.snapshot(id)) !== undefined
  return (await cloud.image(id)) !== undefined
}

/** Who counts on it hears of it now, not when it is needed. */
async function tellGone(
  parts: Parts,
  { jobId, kind, purpose, cloudId, releaseAskedBy }: Resource,
): Promise<void> {
  const { store } = parts
  const job = await store.jobs.byId(jobId)
  if (job === undefined || releaseAskedBy !== null) return
  if (kind === 'instance' && purpose === 'intermediate') await tellLost(parts, job, cloudId ?? '')
  const image = (await store.images.list(jobId)).find((each) => each.cloudId === cloudId)
  if (image === undefined) return
  await store.images.setDeleted(image.id)
  await store.outbox.add(
    {
      severity: 'warning',
      title: `${job.name}: somebody deleted image #${image.number} (${image.cloudId}) in the cloud`,
    },
    jobId,
  )
}
