import { Fault } from '../../domain/faults.ts'
import type { Cloud, Disk } from '../../ports/cloud.ts'
import type { Ecs } from './client.ts'
import { cloudCode } from './errors.ts'
import { allPages, PAGE_SIZE } from './pages.ts'
import type { Body, RequestFields } from './sdk.ts'
import { DISK_CATEGORY } from './instances.ts'
import { fromTags, toTags } from './tags.ts'
import { clientToken, firstOrNew } from './token.ts'

export type TaggedDisk = Disk & { readonly tags: Readonly<Record<string, string>> }
interface Disks extends Pick<
  Cloud,
  'disksOf' | 'disk' | 'createDisk' | 'attachDisk' | 'detachDisk' | 'deleteDisk'
> {
  /** All disks with our tag, attached or left over. */
  readonly disksManaged: () => Promise<readonly TaggedDisk[]>
}

/** The disks of a region. */
export function disksOf(ecs: Ecs): Disks {
  const list = (filter: RequestFields<'describeDisks'>) =>
    allPages(async (pageNumber) => {
      const page = { regionId: ecs.region, pageNumber, pageSize: PAGE_SIZE }
      const body = await ecs.ask('describeDisks', { ...page, ...filter })
      return { items: (body.disks?.disk ?? []).map(toDisk), total: body.totalCount ?? 0 }
    })
  return {
    // In the order of their devices: /dev/xvda, the system disk, is the first.
    disksOf: async (instanceId) =>
      [...(await list({ instanceId }))].sort((one, other) => one.device.localeCompare(other.device)),
    disk: async (id) => (await list({ diskIds: JSON.stringify([id]) }))[0],
    createDisk: ({ token, name, zone, sizeGiB, snapshotId, tags }) =>
      firstOrNew(list({ tag: toTags({ 'ferry:key': tags['ferry:key'] }) }), async () => {
        const { diskId, requestId } = await ecs.ask('createDisk', {
          ...{ clientToken: clientToken(token), regionId: ecs.region, zoneId: zone, diskName: name },
          ...{ diskCategory: DISK_CATEGORY, size: sizeGiB, snapshotId, tag: toTags(tags) },
        })
        if (diskId !== undefined) return diskId
        throw new Fault('CLOUD_REFUSED', 'The cloud named no disk.', { RequestId: requestId ?? '' })
      }),
    attachDisk: async ({ diskId, instanceId, device, deleteWithInstance = true }) => {
      const where = device === undefined ? {} : { device }
      await ecs.ask('attachDisk', { diskId, instanceId, deleteWithInstance, ...where })
    },
    detachDisk: async ({ diskId, instanceId }) => {
      await ecs.ask('detachDisk', { diskId, instanceId })
    },
    disksManaged: () => list({ tag: toTags({}) }),
    deleteDisk: async (id) => {
      try {
        await ecs.ask('deleteDisk', { diskId: id })
      } catch (error) {
        if (cloudCode(error) !== 'InvalidDiskId.NotFound') throw error
      }
    },
  }
}

type EcsDisk = NonNullable<NonNullable<Body<'describeDisks'>['disks']>['disk']>[number]

function toDisk(found: EcsDisk): TaggedDisk {
  return {
    id: found.diskId ?? '',
    // The cloud says "" for a disk that is attached to nothing.
    instanceId: found.instanceId === '' ? undefined : found.instanceId,
    device: found.device ?? '',
    role: found.type === 'system' ? 'system' : 'data',
    sizeGiB: found.size ?? 0,
    category: found.category ?? '',
    deleteWithInstance: found.deleteWithInstance ?? false,
    status: found.status ?? '',
    tags: fromTags(found.tags),
  }
}
