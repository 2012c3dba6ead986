import { diskFile } from '../bytes.ts'
import type { Cloud } from '../cloud.ts'
import { refusal } from '../errors.ts'
import { flag, jsonList, need, text } from '../fields.ts'
import { DELAYS_MS } from '../life.ts'
import { plugDisks } from '../machine.ts'
import { isBootDisk } from '../state.ts'
import type { Disk, Instance } from '../state.ts'
import { among, asked, hasTags, named, newestFirst, page, readTags, tagsReply } from './listing.ts'
import { checkCategory, freeDevice, makeDisk, readSize } from './make-disk.ts'
import { timeOrEmpty, timeText } from './operation.ts'
import type { Operation, Reply } from './operation.ts'

function diskReply(disk: Disk): Reply {
  return {
    DiskId: disk.id,
    DiskName: disk.name,
    Description: disk.description,
    Status: disk.status,
    Type: disk.role,
    Category: disk.category,
    PerformanceLevel: disk.performanceLevel,
    Size: disk.sizeGiB,
    Device: disk.device ?? '',
    InstanceId: disk.instanceId ?? '',
    ZoneId: disk.zone,
    Portable: !isBootDisk(disk),
    DeleteWithInstance: disk.deleteWithInstance,
    SourceSnapshotId: disk.sourceSnapshotId ?? '',
    ImageId: disk.imageId ?? '',
    SerialNumber: disk.id.slice(2),
    CreationTime: timeText(disk.createdAt),
    AttachedTime: timeOrEmpty(disk.attachedAt),
    DetachedTime: timeOrEmpty(disk.detachedAt),
    DiskChargeType: 'PostPaid',
    Attachments: {
      Attachment: disk.instanceId ? [{ InstanceId: disk.instanceId, Device: disk.device ?? '' }] : [],
    },
    OperationLocks: { OperationLock: [] },
    Tags: tagsReply(disk.tags),
  }
}

/** Whether a snapshot of the disk is under way. */
export function isCreatingSnapshot(cloud: Cloud, disk: Disk): boolean {
  return Object.values(cloud.state.snapshots).some((s) => s.diskId === disk.id && s.status === 'progressing')
}

/** Finds the two that an attachment joins. */
function pairOf(cloud: Cloud, instanceId: string, diskId: string): { instance: Instance; disk: Disk } {
  const instance = cloud.state.instances[instanceId]
  const disk = cloud.state.disks[diskId]
  if (!instance) throw refusal('InvalidInstanceId.NotFound')
  if (!disk) throw refusal('InvalidDiskId.NotFound')
  if (instance.status !== 'Running' && instance.status !== 'Stopped') {
    throw refusal('IncorrectInstanceStatus', { status: 400 })
  }
  return { instance, disk }
}

/** CreateDisk, AttachDisk, DetachDisk, DeleteDisk, DescribeDisks. */
export const DISK_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateDisk',
    required: ['RegionId', 'ZoneId|InstanceId', 'Size|SnapshotId'],
    changes: true,
    token: 'IdempotentParameterMismatch',
    run: async (fields, cloud) => {
      const instanceId = text(fields, 'InstanceId')
      const zone = instanceId ? cloud.state.instances[instanceId]?.zone : text(fields, 'ZoneId')
      if (zone === undefined) throw refusal('InvalidInstanceId.NotFound')
      if (!cloud.settings.zones.includes(zone)) throw refusal('InvalidZoneId.NotFound')
      const snapshotId = text(fields, 'SnapshotId')
      const disk = await makeDisk(cloud, {
        role: 'data',
        name: text(fields, 'DiskName') ?? '',
        description: text(fields, 'Description') ?? '',
        category: checkCategory(text(fields, 'DiskCategory')),
        performanceLevel: text(fields, 'PerformanceLevel') ?? '',
        sizeGiB: readSize(cloud, text(fields, 'Size'), snapshotId),
        sourceSnapshotId: snapshotId,
        zone,
        tags: readTags(fields),
      })
      disk.due = cloud.after(DELAYS_MS.diskCreating)
      return { DiskId: disk.id }
    },
  },
  {
    name: 'AttachDisk',
    required: ['InstanceId', 'DiskId'],
    changes: true,
    run: (fields, cloud) => {
      const { instance, disk } = pairOf(cloud, need(fields, 'InstanceId'), need(fields, 'DiskId'))
      if (disk.instanceId !== undefined) throw refusal('InvalidDisk.InUse')
      if (disk.status !== 'Available') throw refusal('IncorrectDiskStatus')
      if (disk.zone !== instance.zone) throw refusal('ResourcesNotInSameZone')
      disk.device = freeDevice(cloud, instance.id, text(fields, 'Device'))
      disk.instanceId = instance.id
      disk.deleteWithInstance = flag(fields, 'DeleteWithInstance') ?? false
      disk.attachedAt = cloud.now()
      disk.status = 'Attaching'
      disk.due = cloud.after(DELAYS_MS.attaching)
      return {}
    },
  },
  {
    name: 'DetachDisk',
    required: ['InstanceId', 'DiskId'],
    changes: true,
    run: (fields, cloud) => {
      const { instance, disk } = pairOf(cloud, need(fields, 'InstanceId'), need(fields, 'DiskId'))
      if (disk.instanceId !== instance.id || disk.status !== 'In_use') throw refusal('IncorrectDiskStatus')
      if (isBootDisk(disk) && instance.status !== 'Stopped') throw refusal('IncorrectInstanceStatus')
      disk.status = 'Detaching'
      disk.due = cloud.after(DELAYS_MS.detaching)
      // The name goes at once. What has the file open keeps it, as a careless machine would keep a pulled disk busy.
      plugDisks(cloud.settings.home, cloud.state, instance)
      return {}
    },
  },
  {
    name: 'DeleteDisk',
    required: ['DiskId'],
    changes: true,
    run: (fields, cloud) => {
      const disk = cloud.state.disks[need(fields, 'DiskId')]
      // Deleting what does not exist succeeds, so that a deletion can be repeated.
      if (!disk) return {}
      if (disk.instanceId !== undefined) throw refusal('DiskStillAttached')
      if (disk.status !== 'Available') throw refusal('IncorrectDiskStatus')
      if (isCreatingSnapshot(cloud, disk)) throw refusal('DiskCreatingSnapshot')
      delete cloud.state.disks[disk.id]
      cloud.discard(diskFile(cloud.settings.home, disk.id))
      return {}
    },
  },
  {
    name: 'DescribeDisks',
    required: ['RegionId'],
    changes: false,
    run: (fields, cloud) => {
      const isWanted = among(jsonList(fields, 'DiskIds'))
      const isOfInstance = asked(fields, 'InstanceId')
      const isInZone = asked(fields, 'ZoneId')
      const status = text(fields, 'Status')
      const role = text(fields, 'DiskType')
      const isNamed = named(fields, 'DiskName')
      const isTagged = hasTags(fields)
      const found = newestFirst(
        cloud.state.disks,
        (disk) =>
          isWanted(disk.id) &&
          isOfInstance(disk.instanceId) &&
          isInZone(disk.zone) &&
          (status === undefined || status === 'All' || disk.status === status) &&
          (role === undefined || role === 'all' || disk.role === role) &&
          isNamed(disk.name) &&
          isTagged(disk),
      )
      const { items, fields: paging } = page(fields, found)
      return { ...paging, Disks: { Disk: items.map(diskReply) } }
    },
  },
]
