/**
 * From durable blocks to an image: one snapshot of each disk of the intermediate, then one image of all snapshots.
 * Each is asked for once per sync (the ledger's key holds the sync's id), so that this may be run again from the top.
 */
import { Fault } from '../domain/faults.ts'
import { imageName, uniqueName } from '../domain/image-name.ts'
import { consistencyWords } from '../domain/instant.ts'
import type { Image, Sync } from '../domain/job.ts'
import type { Disk, NewImage } from '../ports/cloud.ts'
import type { Intermediate } from '../ports/machines.ts'
import { acquire } from './acquire.ts'
import { inSourceOrder } from './disk-order.ts'
import type { JobWork } from './work.ts'

/** Snapshots and images of large disks take their time; the cloud says how far they are. */
const IMAGE_PATIENCE_MS = 24 * 3_600_000

/** Makes the sync's image, or finds the one it has. Returns it once it is Available. */
export async function makeImage(work: JobWork, sync: Sync, intermediate: Intermediate): Promise<Image> {
  const { store } = work.parts
  await store.syncs.setPhase(sync.id, 'imaging')
  const made = (await store.images.list(work.job.id)).find((image) => image.syncId === sync.id)
  if (made !== undefined) return made
  const roots = await store.syncs.roots(sync.id)
  // As the agent has left it: `sync` may have been read before that was known.
  const transferred = (await store.syncs.byId(sync.id)) ?? sync
  if (roots === undefined) throw new Error(`sync ${sync.id} is to be imaged but has no roots`)
  const snapshots = await takeSnapshots(work, sync, await copiedDisks(work, intermediate))
  const name = imageName(work.job.imageName, {
    job: work.job.name,
    jobId: work.job.id,
    number: sync.number,
    startedAt: sync.startedAt,
  })
  const source = await store.sources.byId(work.job.sourceId)
  const host = source?.agent?.host
  const cloudId = await acquire(
    work.parts,
    {
      key: `${sync.id}/image`,
      jobId: work.job.id,
      syncId: sync.id,
      kind: 'image',
      purpose: `image of sync #${sync.number}`,
      request: { name },
    },
    (request, token, tags) =>
      createNamed(work, {
        token,
        tags,
        name: request.name,
        description: `Ferry: ${work.job.name}, sync #${sync.number}`,
        architecture: host?.arch === 'arm64' ? 'arm64' : 'x86_64',
        bootMode: host?.bootMode ?? 'BIOS',
        snapshots,
      }),
  )
  await imageAvailable(work, sync, cloudId)
  return store.images.record({
    jobId: work.job.id,
    syncId: sync.id,
    cloudId,
    name: (await work.parts.cloud.image(cloudId))?.name ?? name,
    roots,
    consistency: consistencyWords(transferred),
  })
}

/**
 * Makes the image. When somebody else's image has its name in this region, it gets the job's own id behind it: a
 * copy that is complete is worth more than its name. Under another token, since it is another call.
 */
async function createNamed({ job, parts }: JobWork, image: NewImage): Promise<string> {
  try {
    return await parts.cloud.createImage(image)
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'IMAGE_NAME_TAKEN') throw error
    const name = uniqueName(image.name, job.id)
    parts.log.warn('the name of an image is taken; another is used', {
      job: job.name,
      taken: image.name,
      name,
    })
    return parts.cloud.createImage({ ...image, name, token: `${image.token}/named` })
  }
}

/** The intermediate's disks that hold the copy, in the order of the source's disks. */
async function copiedDisks(work: JobWork, intermediate: Intermediate): Promise<readonly Disk[]> {
  const { store, cloud } = work.parts
  const attached = intermediate.instanceId === undefined ? [] : await cloud.disksOf(intermediate.instanceId)
  // Its own system disk is the first device; a carrier keeps the role `system` wherever it is attached.
  const own = attached.find((disk) => disk.role === 'system' && disk.device.endsWith('a'))
  const data = inSourceOrder(
    intermediate,
    attached.filter((disk) => disk.id !== own?.id),
  )
  const expected = (await store.jobs.disks(work.job.id)).length
  if (data.length !== expected)
    throw new Fault(
      'CLOUD_REFUSED',
      `the intermediate has ${data.length} data disks; ${expected} are needed`,
      {
        instance: intermediate.instanceId ?? 'none',
      },
    )
  return data
}

async function takeSnapshots(
  work: JobWork,
  sync: Sync,
  disks: readonly Disk[],
): Promise<readonly { id: string; sizeGiB: number }[]> {
  const { store, cloud, settings } = work.parts
  const ids: string[] = []
  for (const [index, disk] of disks.entries())
    ids.push(
      await acquire(
        work.parts,
        {
          key: `${sync.id}/snapshot/${index}`,
          jobId: work.job.id,
          syncId: sync.id,
          kind: 'snapshot',
          purpose: `snapshot of disk ${index} for image #${sync.number}`,
          request: {},
        },
        (_request, token, tags) =>
          cloud.createSnapshot({
            token,
            tags,
            diskId: disk.id,
            name: `ferry-${work.job.name}-${sync.number}-${index}`,
          }),
      ),
    )
  await work.until(
    async () => {
      const snapshots = await Promise.all(ids.map((id) => cloud.snapshot(id)))
      const failed = snapshots.findIndex((snapshot) => snapshot === undefined || snapshot.status === 'failed')
      if (failed !== -1)
        await failImaging(work, sync, `the snapshot ${ids[failed] ?? ''} of disk ${failed} has failed`)
      const percent =
        snapshots.reduce((sum, snapshot) => sum + (snapshot?.percent ?? 0), 0) / snapshots.length
      await store.syncs.setImagePercent(sync.id, Math.floor(percent / 2))
      return snapshots.every((snapshot) => snapshot?.status === 'accomplished') ? true : undefined
    },
    settings.timings.cloudLookMs,
    IMAGE_PATIENCE_MS,
    () => new Fault('IMAGE_FAILED', 'the snapshots are not ready after a day'),
  )
  return disks.map((disk, index) => ({ id: ids[index] ?? '', sizeGiB: disk.sizeGiB }))
}

async function imageAvailable(work: JobWork, sync: Sync, cloudId: string): Promise<void> {
  const { store, cloud, settings } = work.parts
  await work.until(
    async () => {
      const image = await cloud.image(cloudId)
      if (image === undefined || image.status === 'CreateFailed' || image.status === 'UnAvailable')
        await failImaging(work, sync, `the image ${cloudId} is ${image?.status ?? 'gone'}`)
      await store.syncs.setImagePercent(sync.id, 50 + Math.floor((image?.percent ?? 0) / 2))
      return image?.status === 'Available' ? true : undefined
    },
    settings.timings.cloudLookMs,
    IMAGE_PATIENCE_MS,
    () => new Fault('IMAGE_FAILED', `the image ${cloudId} is not Available after a day`),
  )
}

/**
 * Takes back what this sync has made in the cloud, so that the next try makes it anew under the same keys, and
 * throws the fault.
 */
async function failImaging(work: JobWork, sync: Sync, detail: string): Promise<never> {
  await discardImaging(work, sync.id)
  throw new Fault('IMAGE_FAILED', detail)
}

/**
 * Deletes snapshots and image of a sync that ends without an image, also those whose ids were not recorded before a
 * crash: they are found by their tag. Repeatable.
 */
export async function discardImaging(work: Pick<JobWork, 'parts' | 'job'>, syncId: string): Promise<void> {
  const { store, cloud } = work.parts
  const made = (await store.ledger.open(work.job.id)).filter(
    (resource) => resource.syncId === syncId && !resource.outlivesJob,
  )
  for (const { key, cloudId } of made.filter(({ kind }) => kind === 'image')) {
    const id = cloudId ?? (await cloud.imagesTagged({ 'ferry:key': key }))[0]?.id
    if (id !== undefined) await cloud.deleteImage(id)
    await store.ledger.released(key)
  }
  for (const { key, cloudId } of made.filter(({ kind }) => kind === 'snapshot')) {
    const id = cloudId ?? (await cloud.snapshotsTagged({ 'ferry:key': key }))[0]?.id
    if (id !== undefined) await cloud.deleteSnapshot(id)
    await store.ledger.released(key)
  }
}
