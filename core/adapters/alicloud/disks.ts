import type { Cloud, Disk } from '../../ports/cloud.ts'
import type { Ecs } from './client.ts'
import { cloudCode } from './errors.ts'
import { allPages, PAGE_SIZE } from './pages.ts'
import type { Body, RequestFields } from './sdk.ts'
import { fromTags, toTags } from './tags.ts'

export type TaggedDisk = Disk & { readonly tags: Readonly<Record<string, string>> }
interface Disks extends Pick<Cloud, 'disksOf' | 'disk' | 'attachDisk' | 'detachDisk' | 'deleteDisk'> {
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
    attachDisk: async ({ diskId, instanceId }) => {
      await ecs.ask('attachDisk', { diskId, instanceId, deleteWithInstance: true })
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
    status: found.status ?? '',
    tags: fromTags(found.tags),
  }
}
