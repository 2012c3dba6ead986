import { snapshotFile } from '../bytes.ts'
import type { Cloud } from '../cloud.ts'
import { refusal } from '../errors.ts'
import { count, flag, jsonList, need, text } from '../fields.ts'
import type { Snapshot } from '../state.ts'
import { among, asked, hasTags, named, newestFirst, page, readTags, tagsReply } from './listing.ts'
import { timeText } from './operation.ts'
import type { Operation, Reply } from './operation.ts'
import { takeSnapshots } from './take-snapshots.ts'

/** 0 to 100; 100 is for the accomplished alone. */
export function snapshotPercent(cloud: Cloud, snapshot: Snapshot): number {
  if (snapshot.status === 'accomplished') return 100
  const whole = (snapshot.due ?? snapshot.createdAt) - snapshot.createdAt
  if (snapshot.status === 'failed' || whole <= 0) return 0
  return Math.min(99, Math.floor((100 * (cloud.now() - snapshot.createdAt)) / whole))
}

function usageOf(cloud: Cloud, { id }: Snapshot): string {
  const inImage = Object.values(cloud.state.images).some(({ disks }) =>
    disks.some((disk) => disk.snapshotId === id),
  )
  const inDisk = Object.values(cloud.state.disks).some((disk) => disk.sourceSnapshotId === id)
  return inImage && inDisk ? 'image_disk' : inImage ? 'image' : inDisk ? 'disk' : 'none'
}

function snapshotReply(cloud: Cloud, snapshot: Snapshot): Reply {
  const percent = snapshotPercent(cloud, snapshot)
  return {
    SnapshotId: snapshot.id,
    SnapshotName: snapshot.name,
    Description: snapshot.description,
    Status: snapshot.status,
    Progress: `${percent}%`,
    RemainTime:
      snapshot.status === 'progressing' ? Math.ceil(((snapshot.due ?? 0) - cloud.now()) / 1000) || 1 : 0,
    Available: snapshot.status === 'accomplished',
    Usage: usageOf(cloud, snapshot),
    SourceDiskId: snapshot.diskId,
    SourceDiskSize: String(snapshot.sizeGiB),
    SourceDiskType: snapshot.diskRole,
    SnapshotType: 'user',
    CreationTime: timeText(snapshot.createdAt),
    LastModifiedTime: timeText(snapshot.changedAt),
    RetentionDays: snapshot.retentionDays,
    Encrypted: false,
    Tags: tagsReply(snapshot.tags),
  }
}

/** CreateSnapshot, DescribeSnapshots, DeleteSnapshot. */
export const SNAPSHOT_OPERATIONS: readonly Operation[] = [
  {
    name: 'CreateSnapshot',
    required: ['DiskId'],
    changes: true,
    token: 'IdempotentParameterMismatch',
    run: async (fields, cloud) => {
      const disk = cloud.state.disks[need(fields, 'DiskId')]
      if (!disk) throw refusal('InvalidDiskId.NotFound')
      const facts = {
        name: text(fields, 'SnapshotName') ?? '',
        description: text(fields, 'Description') ?? '',
        retentionDays: count(fields, 'RetentionDays', 1),
        tags: readTags(fields),
      }
      const [snapshot] = await takeSnapshots(cloud, [disk], facts)
      return { SnapshotId: snapshot?.id }
    },
  },
  {
    name: 'DescribeSnapshots',
    required: ['RegionId'],
    changes: false,
    run: (fields, cloud) => {
      const { disks, snapshots } = cloud.state
      const isWanted = among(jsonList(fields, 'SnapshotIds'))
      const isOfDisk = asked(fields, 'DiskId')
      const isOfInstance = asked(fields, 'InstanceId')
      const status = text(fields, 'Status')
      const usage = text(fields, 'Usage')
      const isNamed = named(fields, 'SnapshotName')
      const isTagged = hasTags(fields)
      const found = newestFirst(
        snapshots,
        (snapshot) =>
          isWanted(snapshot.id) &&
          isOfDisk(snapshot.diskId) &&
          isOfInstance(disks[snapshot.diskId]?.instanceId) &&
          (status === undefined || status === 'all' || snapshot.status === status) &&
          (usage === undefined || usageOf(cloud, snapshot) === usage) &&
          isNamed(snapshot.name) &&
          isTagged(snapshot),
      )
      const { items, fields: paging } = page(fields, found)
      return { ...paging, Snapshots: { Snapshot: items.map((snapshot) => snapshotReply(cloud, snapshot)) } }
    },
  },
  {
    name: 'DeleteSnapshot',
    required: ['SnapshotId'],
    changes: true,
    run: (fields, cloud) => {
      const snapshot = cloud.state.snapshots[need(fields, 'SnapshotId')]
      if (!snapshot) return {}
      const usage = usageOf(cloud, snapshot)
      // Force does not help against an image, whose bytes these are.
      if (usage.startsWith('image')) throw refusal('SnapshotCreatedImage')
      if (usage === 'disk' && flag(fields, 'Force') !== true) throw refusal('SnapshotCreatedDisk')
      if (snapshot.status === 'progressing' && !snapshot.isCopied) throw refusal('Operation.Conflict')
      delete cloud.state.snapshots[snapshot.id]
      cloud.discard(snapshotFile(cloud.settings.home, snapshot.id))
      return {}
    },
  },
]
