/** Steps on an instance and its disks, for the replacement of disks and for the way back. Each looks before it acts. */
import { Fault } from '../domain/faults.ts'
import type { Disk, NewImage } from '../ports/cloud.ts'
import type { Resource } from '../ports/store.ts'
import { acquire, ownTags } from './acquire.ts'
import type { Parts } from './parts.ts'

/** Looks until there is something to see; throws a Fault when it takes too long, or when the work is lost. */
export type Wait = <T>(what: string, probe: () => Promise<T | undefined>) => Promise<T>

/** One instance, and what is done to it and its disks. */
export class InstanceSteps {
  readonly id: string
  readonly #parts: Parts
  readonly #wait: Wait

  constructor(parts: Parts, id: string, wait: Wait) {
    this.#parts = parts
    this.id = id
    this.#wait = wait
  }

  async stop(): Promise<void> {
    const { cloud } = this.#parts
    await this.#wait(`${this.id} does not get to Stopped`, async () => {
      const instance = await cloud.instance(this.id)
      if (instance === undefined) throw new Fault('DESTINATION_UNFIT', `${this.id} does not exist any more`)
      if (instance.status === 'Running') await cloud.stopInstance(this.id)
      return instance.status === 'Stopped' ? true : undefined
    })
  }

  async start(): Promise<void> {
    const { cloud } = this.#parts
    await this.#wait(`${this.id} does not get to Running`, async () => {
      const instance = await cloud.instance(this.id)
      if (instance?.status === 'Stopped') await cloud.restartInstance(this.id)
      return instance?.status === 'Running' ? true : undefined
    })
  }

  /** Takes a data disk off, if it is there. */
  async takeOff(diskId: string): Promise<void> {
    const { cloud } = this.#parts
    await this.#wait(`the disk ${diskId} does not come off ${this.id}`, async () => {
      const disk = await cloud.disk(diskId)
      if (disk?.status === 'In_use' && disk.instanceId === this.id)
        await cloud.detachDisk({ diskId, instanceId: this.id })
      return disk === undefined || (disk.instanceId !== this.id && disk.status === 'Available')
        ? true
        : undefined
    })
  }

  /** Attaches a data disk at its device. */
  async putOn(place: {
    readonly diskId: string
    readonly device: string
    readonly deleteWithInstance: boolean
  }): Promise<void> {
    const { cloud } = this.#parts
    const { diskId, device, deleteWithInstance } = place
    await this.#wait(`the disk ${diskId} does not get attached to ${this.id}`, async () => {
      const disk = await cloud.disk(diskId)
      if (disk === undefined) throw new Fault('CLOUD_REFUSED', `the disk ${diskId} is gone`)
      if (disk.status === 'Available')
        await cloud.attachDisk({ diskId, instanceId: this.id, device, deleteWithInstance })
      return disk.status === 'In_use' && disk.instanceId === this.id ? true : undefined
    })
  }

  /**
   * Replaces the system disk, unless `isReplaced` says of the one that is there that this has happened: a reply may
   * have been lost, and the cloud remembers a token for a day only.
   */
  async replaceSystem(
    request: Omit<Parameters<Parts['cloud']['replaceSystemDisk']>[0], 'instanceId'>,
    isReplaced: (system: Disk) => Promise<boolean> | boolean,
  ): Promise<void> {
    const { cloud } = this.#parts
    const system = async (): Promise<Disk | undefined> =>
      (await cloud.disksOf(this.id)).find(({ device }) => device.endsWith('a'))
    const standing = await system()
    if (standing === undefined || !(await isReplaced(standing)))
      await cloud.replaceSystemDisk({ ...request, instanceId: this.id })
    await this.#wait(`${this.id} has no new system disk`, async () => {
      const disk = await system()
      return disk?.status === 'In_use' && (await isReplaced(disk)) ? true : undefined
    })
  }
}

/** What an image for a system disk is made of, beside its entry in the ledger. */
interface SystemImage {
  readonly name: string
  readonly description: string
  readonly architecture: NewImage['architecture']
  readonly bootMode: NewImage['bootMode']
  readonly snapshot: { readonly id: string; readonly sizeGiB: number }
}

/** An image of one snapshot, Available: what a system disk is made of. Outlives its job, as the disk needs it. */
export async function systemImage(
  parts: Parts,
  wait: Wait,
  entry: Pick<Resource, 'key' | 'jobId' | 'purpose'>,
  { name, snapshot, ...image }: SystemImage,
): Promise<string> {
  const { cloud } = parts
  const id = await acquire(
    parts,
    { ...entry, syncId: null, kind: 'image', request: { name }, outlivesJob: true },
    (request, token, tags) =>
      cloud.createImage({ ...image, token, tags, name: request.name, snapshots: [snapshot] }),
  )
  await wait(`the image ${id} does not get Available`, async () =>
    (await cloud.image(id))?.status === 'Available' ? true : undefined,
  )
  return id
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
