/**
 * The carrier: a disk that was born as a system disk and lies on the intermediate beside its data disks.
 *
 * Some accounts may not make an image whose system disk comes from a data disk's snapshot. For them the copy of the
 * source's system disk lies on a carrier. It is made by starting an instance (the holder) whose system disk is large
 * enough, stopping it, and taking that disk off; then the holder is deleted and the disk is attached to the
 * intermediate. Each step looks before it acts.
 */
import { wholeGiB } from '../domain/bytes.ts'
import { Fault } from '../domain/faults.ts'
import type { Sync } from '../domain/job.ts'
import type { Disk } from '../ports/cloud.ts'
import { acquire } from './acquire.ts'
import { standingInstance } from './lost.ts'
import { discardImaging } from './make-image.ts'
import { releaseInstance, releaseIntermediate } from './release.ts'
import type { JobWork } from './work.ts'

/** The cloud's smallest system disk. */
const LEAST_SYSTEM_GIB = 20

/**
 * Gives up an intermediate whose snapshots the cloud does not take for images; the next one will have a carrier.
 * The sync that was to be imaged sends its blocks once more.
 */
export async function moveToCarrier(work: JobWork, sync: Sync): Promise<void> {
  const { store, log } = work.parts
  log.info('the account takes no data disk for an image: moving to a carrier', { job: work.job.name })
  await discardImaging(work, sync.id)
  await store.syncs.restart(sync.id)
  await releaseIntermediate(work)
  await work.change('intermediate.carrier', () => ({
    set: { intermediate: 'creating' },
    notices: [
      {
        severity: 'warning',
        title: `${work.job.name}: the account may not make images of data disks; Ferry takes a system disk instead and sends all blocks once more`,
      },
    ],
  }))
}

/**
 * Makes the carrier and attaches it to the intermediate's instance, which is stopped for it: its receiver looks for
 * its disks when it starts, and is heard of no more until it has all of them. Returns whether it had to be stopped;
 * it is not started again here.
 */
export async function attachCarrier(work: JobWork, instanceId: string): Promise<boolean> {
  const { cloud, settings } = work.parts
  const { cloudLookMs, receiverStartMs } = settings.timings
  const diskId = await detachedCarrier(work)
  let isSwitchedOff = false
  await work.until(
    async () => {
      const disk = await cloud.disk(diskId)
      if (disk?.instanceId === instanceId) return disk.status === 'In_use' ? true : undefined
      if (disk?.status !== 'Available') return undefined
      const instance = await standingInstance(work, instanceId)
      if (instance.status === 'Running') await cloud.stopInstance(instanceId)
      if (instance.status === 'Stopped') await cloud.attachDisk({ diskId, instanceId })
      isSwitchedOff = true
      return undefined
    },
    cloudLookMs,
    receiverStartMs,
    () => late(diskId, 'attached'),
  )
  return isSwitchedOff
}

async function detachedCarrier(work: JobWork): Promise<string> {
  const { store, cloud, settings } = work.parts
  const { cloudLookMs, receiverStartMs } = settings.timings
  const key = `${work.job.id}/carrier`
  const known = await store.ledger.byKey(key)
  const holder = await store.ledger.byKey(`${key}/holder`)
  if (known?.cloudId != null && holder?.releasedAt != null) return known.cloudId
  const holderId = await createHolder(work, key)
  const diskId = known?.cloudId ?? (await systemDiskOf(work, holderId)).id
  await store.ledger.intend({
    key,
    jobId: work.job.id,
    syncId: null,
    kind: 'disk',
    purpose: 'carrier of the system disk',
    request: {},
  })
  await store.ledger.created(key, diskId)
  await work.until(
    async () => {
      const [disk, instance] = await Promise.all([cloud.disk(diskId), cloud.instance(holderId)])
      if (disk === undefined || disk.instanceId !== holderId || instance === undefined) return true
      if (instance.status === 'Running') await cloud.stopInstance(holderId)
      if (instance.status === 'Stopped' && disk.status === 'In_use')
        await cloud.detachDisk({ diskId, instanceId: holderId })
      return undefined
    },
    cloudLookMs,
    receiverStartMs,
    () => late(diskId, 'detached'),
  )
  const entry = await store.ledger.byKey(`${key}/holder`)
  if (entry !== undefined)
    await work.until(
      async () => ((await releaseInstance(work.parts, entry)) ? true : undefined),
      cloudLookMs,
      receiverStartMs,
      () => new Fault('RELEASE_FAILED', `${holderId} does not go`, { instance: holderId }),
    )
  return diskId
}

async function createHolder(work: JobWork, key: string): Promise<string> {
  const { store, cloud, settings } = work.parts
  const [system] = await store.jobs.disks(work.job.id)
  return acquire(
    work.parts,
    {
      key: `${key}/holder`,
      jobId: work.job.id,
      syncId: null,
      kind: 'instance',
      purpose: 'holder of the carrier',
      request: {},
    },
    (_request, token, tags) =>
      cloud.createInstance({
        token,
        tags,
        name: `ferry-carrier-${work.job.name}`,
        // Never the migrated system's own image: the holder boots, and must not boot that.
        imageId: settings.cloud.baseImage,
        instanceTypes: settings.cloud.instanceTypes,
        zone: work.job.zone,
        vSwitch: settings.cloud.vSwitch,
        securityGroup: settings.cloud.securityGroup,
        publicAddress: false,
        systemDiskGiB: wholeGiB(system?.sizeBytes ?? 0, LEAST_SYSTEM_GIB),
        dataDisks: [],
      }),
  )
}

async function systemDiskOf(work: JobWork, instanceId: string): Promise<Disk> {
  const { cloud, settings } = work.parts
  return work.until(
    async () => (await cloud.disksOf(instanceId)).find((disk) => disk.role === 'system'),
    settings.timings.cloudLookMs,
    settings.timings.receiverStartMs,
    () => new Fault('CLOUD_WAIT', `${instanceId} has no system disk yet`, { instance: instanceId }),
  )
}

function late(diskId: string, what: string): Fault {
  return new Fault('CLOUD_WAIT', `${diskId} does not get ${what}`, { disk: diskId })
}
