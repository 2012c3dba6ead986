/** Steps on an instance and its disks, for the replacement of disks and for the way back. Each looks before it acts. */
import { Fault } from '../domain/faults.ts'
import type { Disk } from '../ports/cloud.ts'
import type { Resource } from '../ports/store.ts'
import { ownTags } from './acquire.ts'
import type { Parts } from './parts.ts'

/** What a step needs of the work it is part of: its cloud, and patience. */
export interface Steps {
  readonly parts: Parts
  /** Looks until there is something to see; throws a Fault when it takes too long, or when the work is lost. */
  readonly wait: <T>(what: string, probe: () => Promise<T | undefined>) => Promise<T>
}

export async function stopInstance({ parts: { cloud }, wait }: Steps, instanceId: string): Promise<void> {
  await wait(`${instanceId} does not get to Stopped`, async () => {
    const instance = await cloud.instance(instanceId)
    if (instance === undefined) throw new Fault('DESTINATION_UNFIT', `${instanceId} does not exist any more`)
    if (instance.status === 'Running') await cloud.stopInstance(instanceId)
    return instance.status === 'Stopped' ? true : undefined
  })
}

export async function startInstance({ parts: { cloud }, wait }: Steps, instanceId: string): Promise<void> {
  await wait(`${instanceId} does not get to Running`, async () => {
    const instance = await cloud.instance(instanceId)
    if (instance?.status === 'Stopped') await cloud.restartInstance(instanceId)
    return instance?.status === 'Running' ? true : undefined
  })
}

/** Takes a data disk off an instance, if it is there. */
export async function takeOff(
  { parts: { cloud }, wait }: Steps,
  diskId: string,
  instanceId: string,
): Promise<void> {
  await wait(`the disk ${diskId} does not come off ${instanceId}`, async () => {
    const disk = await cloud.disk(diskId)
    if (disk?.status === 'In_use' && disk.instanceId === instanceId)
      await cloud.detachDisk({ diskId, instanceId })
    return disk === undefined || (disk.instanceId !== instanceId && disk.status === 'Available')
      ? true
      : undefined
  })
}

/** Attaches a data disk at its device. */
export async function putOn(
  { parts: { cloud }, wait }: Steps,
  place: {
    readonly diskId: string
    readonly instanceId: string
    readonly device: string
    readonly deleteWithInstance: boolean
  },
): Promise<void> {
  await wait(`the disk ${place.diskId} does not get attached to ${place.instanceId}`, async () => {
    const disk = await cloud.disk(place.diskId)
    if (disk === undefined) throw new Fault('CLOUD_REFUSED', `the disk ${place.diskId} is gone`)
    if (disk.status === 'Available') await cloud.attachDisk(place)
    return disk.status === 'In_use' && disk.instanceId === place.instanceId ? true : undefined
  })
}

/**
 * Replaces the system disk, unless `isReplaced` says of the one that is there that this has happened: a reply may have
 * been lost, and the cloud remembers a token for a day only.
 */
export async function replaceSystem(
  { parts: { cloud }, wait }: Steps,
  request: Parameters<Parts['cloud']['replaceSystemDisk']>[0],
  isReplaced: (system: Disk) => Promise<boolean> | boolean,
): Promise<void> {
  const { instanceId } = request
  const system = async (): Promise<Disk | undefined> =>
    (await cloud.disksOf(instanceId)).find(({ device }) => device.endsWith('a'))
  const standing = await system()
  if (standing === undefined || !(await isReplaced(standing))) await cloud.replaceSystemDisk(request)
  await wait(`${instanceId} has no new system disk`, async () => {
    const disk = await system()
    return disk?.status === 'In_use' && (await isReplaced(disk)) ? true : undefined
  })
}

/** A disk that was not ours becomes so: in the ledger first, then by its tags, so that both always agree. */
export async function takeIntoLedger(
  { store, cloud, settings }: Parts,
  entry: Pick<Resource, 'key' | 'jobId' | 'purpose' | 'request'>,
  diskId: string,
): Promise<void> {
  const resource = await store.ledger.intend({ ...entry, syncId: null, kind: 'disk', outlivesJob: true })
  await store.ledger.created(resource.key, diskId)
  await cloud.tag({ kind: 'disk', id: diskId }, ownTags(settings, resource))
}

/** A disk that was ours is handed over: its tags go first, or the clean-up would take it for a stray. */
export async function handOver({ store, cloud }: Parts, { key, cloudId }: Resource): Promise<void> {
  if (cloudId !== null && (await cloud.disk(cloudId)) !== undefined)
    await cloud.untag({ kind: 'disk', id: cloudId }, OWN_TAGS)
  await store.ledger.released(key)
}

const OWN_TAGS = ['ferry:managed', 'ferry:installation', 'ferry:job', 'ferry:key', 'ferry:sync']
