/**
 * Completing a job with the target instance (S17): the disks of the destination are replaced by those of the newest
 * image. Written down first is what stands there; then, each step looking before it acts:
 *
 *   new data disks and the system's image are made, while the destination still runs
 *   the destination stops → a snapshot of its system disk (the way back) → its data disks come off, and are kept
 *   → a new system disk of the image → the new data disks go on → it starts
 *
 * Nothing of the old system is deleted but the system disk itself, which the cloud deletes when it replaces it.
 */
import type { DestinationDisk, Swap } from '../domain/destination.ts'
import { deviceAt, diskWords, newSizeGiB, swapKey } from '../domain/destination.ts'
import { Fault } from '../domain/faults.ts'
import type { Image, JobDisk } from '../domain/job.ts'
import type { CloudImage } from '../ports/cloud.ts'
import { acquire } from './acquire.ts'
import { destinationOf, fitDestination } from './destination.ts'
import type { Wait } from './instance-disks.ts'
import { handOver, InstanceSteps, systemImage, takeIntoLedger } from './instance-disks.ts'
import type { JobWork } from './work.ts'
import { ENGINE } from './work.ts'

/** Snapshots of large disks take hours; the destination stands still for the time of one. */
const PATIENCE_MS = 24 * 3_600_000

/** Repeatable from its first line; does nothing once the disks are in place. */
export async function swapDisks(work: JobWork): Promise<void> {
  const { parts, job } = work
  const { store } = parts
  const destination = await destinationOf(parts, job.id)
  if (destination.wayBackAskedBy !== null)
    throw new Fault('DESTINATION_TAKEN_BACK', `${destination.instanceId} is being put back`)
  const newest = (await store.images.list(job.id)).at(-1)
  if (newest === undefined) throw new Error(`${job.name} completes without an image`)
  const swap = await planned(work, newest)
  const { instanceId } = destination
  if (swap.state !== 'done') await replace(work, instanceId, swap)
  for (const disk of (await store.ledger.open(job.id)).filter(({ key }) =>
    key.startsWith(`${swapKey(job.id, swap.number)}/data/`),
  ))
    await handOver(parts, disk)
}

async function planned(work: JobWork, newest: Image): Promise<Swap> {
  const { parts, job } = work
  const { swap } = await destinationOf(parts, job.id)
  if (swap !== null && swap.state !== 'taken back') return swap
  const look = await fitDestination(work)
  const oldImage = await parts.cloud.image(look.imageId)
  const plan: Swap = {
    number: (swap?.number ?? 0) + 1,
    state: 'under way',
    image: { number: newest.number, cloudId: newest.cloudId },
    wasRunning: look.status === 'Running',
    before: look.disks,
    oldSystem: {
      architecture: oldImage?.architecture ?? 'x86_64',
      bootMode: oldImage?.bootMode ?? 'BIOS',
    },
    check: '',
  }
  const written = await parts.store.destinations.plan(job.id, plan)
  return written.swap ?? plan
}

async function replace(work: JobWork, instanceId: string, swap: Swap): Promise<void> {
  const { parts, job } = work
  const { store, cloud } = parts
  const wait: Wait = (what, probe) =>
    work.until(probe, parts.settings.timings.cloudLookMs, PATIENCE_MS, () => new Fault('CLOUD_WAIT', what))
  const instance = new InstanceSteps(parts, instanceId, wait)
  const step = (words: string): Promise<void> => store.destinations.setStep(job.id, words)
  const key = swapKey(job.id, swap.number)
  const image = await cloud.image(swap.image.cloudId)
  if (image === undefined)
    throw new Fault('CLOUD_REFUSED', `image #${swap.image.number} is gone`, { image: swap.image.cloudId })
  const source = await store.jobs.disks(job.id)
  const oldSystem = swap.before.find(({ role, device }) => role === 'system' && device === deviceAt(0))
  if (oldSystem === undefined)
    throw new Fault('DESTINATION_UNFIT', `${instanceId} has no system disk`, { instance: instanceId })

  await step('making the new disks; it still runs as it was')
  const imageId = await imageOfSystem(work, wait, swap, image)
  const newDisks: string[] = []
  for (const disk of source.slice(1)) newDisks.push(await newDisk(work, wait, instanceId, swap, disk, image))

  await step('stopping')
  await instance.stop()
  await step('taking a snapshot of the old system disk')
  await snapshotOfOld(work, wait, instanceId, key, oldSystem)
  await step('taking off the old data disks')
  for (const old of swap.before.filter(({ device }) => device !== deviceAt(0))) {
    const entry = {
      key: `${key}/former/${old.device}`,
      jobId: job.id,
      purpose: `old data disk ${old.device} of ${instanceId}, for \`rollback ${job.name}\``,
      request: { device: old.device, deleteWithInstance: old.deleteWithInstance },
    }
    await takeIntoLedger(parts, entry, old.id)
    await instance.takeOff(old.id)
  }
  await step('replacing the system disk')
  const [system] = source
  const sizeGiB = system === undefined ? oldSystem.sizeGiB : newSizeGiB(system, 0, swap.before)
  const request = { token: `${key}/system`, imageId, sizeGiB }
  await instance.replaceSystem(request, ({ id }) => id !== oldSystem.id)
  await step('attaching the new data disks')
  for (const [index, diskId] of newDisks.entries()) {
    const device = deviceAt(index + 1)
    const old = swap.before.find((disk) => disk.device === device)
    await instance.putOn({ diskId, device, deleteWithInstance: old?.deleteWithInstance ?? true })
  }
  await step('starting')
  await instance.start()
  await told(work, instanceId, swap, await checkBoot(work, instanceId))
}

/** An image of the system disk alone: the cloud takes no other for an instance's system disk. */
async function imageOfSystem(work: JobWork, wait: Wait, swap: Swap, image: CloudImage): Promise<string> {
  const [snapshotId] = image.snapshotIds
  if (image.snapshotIds.length === 1 || snapshotId === undefined) return image.id
  const { parts, job } = work
  const snapshot = await parts.cloud.snapshot(snapshotId)
  const { architecture, bootMode } = image
  return systemImage(
    parts,
    wait,
    {
      key: `${swapKey(job.id, swap.number)}/image`,
      jobId: job.id,
      purpose: `system disk of image #${swap.image.number}, for the destination`,
    },
    {
      ...{ architecture, bootMode, snapshot: { id: snapshotId, sizeGiB: snapshot?.sizeGiB ?? 20 } },
      name: `ferry-${job.name}-system-${swap.number}-${job.id.slice(0, 8)}`,
      description: `Ferry: ${job.name}, system disk`,
    },
  )
}

/** `SMC_Temp_Disk`: the name that operators know for a disk on its way into a destination. */
async function newDisk(
  work: JobWork,
  wait: Wait,
  instanceId: string,
  swap: Swap,
  disk: JobDisk,
  image: CloudImage,
): Promise<string> {
  const { parts, job } = work
  const snapshotId = image.snapshotIds[disk.index]
  if (snapshotId === undefined)
    throw new Fault('CLOUD_REFUSED', `image #${swap.image.number} has no disk ${disk.index}`)
  const id = await acquire(
    parts,
    {
      key: `${swapKey(job.id, swap.number)}/data/${disk.index}`,
      jobId: job.id,
      syncId: null,
      kind: 'disk',
      purpose: `new data disk ${deviceAt(disk.index)} of ${instanceId}`,
      request: { sizeGiB: newSizeGiB(disk, disk.index, swap.before), snapshotId },
    },
    (request, token, tags) =>
      parts.cloud.createDisk({ ...request, token, tags, name: 'SMC_Temp_Disk', zone: job.zone }),
  )
  await wait(`the disk ${id} is not made`, async () => {
    const status = (await parts.cloud.disk(id))?.status
    return status === 'Available' || status === 'In_use' ? true : undefined
  })
  return id
}

async function snapshotOfOld(
  work: JobWork,
  wait: Wait,
  instanceId: string,
  key: string,
  old: DestinationDisk,
): Promise<void> {
  const { parts, job } = work
  const { store, cloud } = parts
  const id = await acquire(
    parts,
    {
      key: `${key}/way-back`,
      jobId: job.id,
      syncId: null,
      kind: 'snapshot',
      purpose: `old system disk of ${instanceId}, for \`rollback ${job.name}\``,
      request: {},
      outlivesJob: true,
    },
    (_request, token, tags) =>
      cloud.createSnapshot({ token, tags, diskId: old.id, name: `ferry-${job.name}-way-back` }),
  )
  await wait(`the snapshot ${id} of the old system disk is not ready`, async () => {
    const snapshot = await cloud.snapshot(id)
    if (snapshot?.status === 'accomplished') return true
    if (snapshot?.status === 'progressing') return undefined
    // Without it there is no way back, so nothing was replaced yet; the next try takes another.
    await cloud.deleteSnapshot(id)
    await store.ledger.released((await store.ledger.byCloudId(id))?.key ?? `${key}/way-back`)
    throw new Fault('IMAGE_FAILED', `the snapshot ${id} of the old system disk has failed`)
  })
}

/** Whether the new system answers. It is said, and decides nothing: the operator looks, and has the way back. */
async function checkBoot(work: JobWork, instanceId: string): Promise<string> {
  const { cloud, clock, settings } = work.parts
  const end = clock.now().getTime() + settings.timings.bootMs
  while (clock.now().getTime() < end) {
    if (await cloud.assistantAnswers(instanceId)) return 'Running; the Cloud Assistant in it answers'
    await work.sleep(settings.timings.cloudLookMs)
  }
  return `Running; no Cloud Assistant has answered within ${Math.round(settings.timings.bootMs / 1000)} s: look at its console`
}

async function told(work: JobWork, instanceId: string, swap: Swap, check: string): Promise<void> {
  const { parts, job } = work
  await parts.store.destinations.swapped(
    job.id,
    check,
    {
      actor: ENGINE,
      action: 'destination.replaced',
      outcome: 'done',
      facts: { instance: instanceId, image: swap.image.cloudId },
    },
    {
      severity: 'info',
      title: `${job.name}: the disks of ${instanceId} are replaced by image #${swap.image.number}`,
      facts: {
        Check: check,
        Before: diskWords(swap.before),
        'Way back': `\`rollback ${job.name}\`; the old disks are kept and cost money until \`release\` (\`resources ${job.name}\`)`,
      },
    },
  )
}
