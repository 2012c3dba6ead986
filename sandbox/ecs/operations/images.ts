import type { Cloud } from '../cloud.ts'
import { refusal } from '../errors.ts'
import { csv, flag, groups, need, text } from '../fields.ts'
import { BASE_IMAGES } from '../places.ts'
import type { Image } from '../state.ts'
import type { Fields } from '../wire.ts'
import { CREATE_IMAGE } from './create-image.ts'
import { checkImageName } from './image-name.ts'
import { among, asked, hasTags, named, newestFirst, page, tagsReply } from './listing.ts'
import { timeText } from './operation.ts'
import type { Operation, Reply } from './operation.ts'
import { snapshotPercent } from './snapshots.ts'

function imageReply(cloud: Cloud, image: Image): Reply {
  const percents = image.disks.map(({ snapshotId }) => {
    const snapshot = cloud.state.snapshots[snapshotId ?? '']
    return snapshot ? snapshotPercent(cloud, snapshot) : 100
  })
  // An image is only whole when it can be used: 100 % is for that alone.
  const percent =
    image.status === 'Creating' ? Math.min(99, ...percents) : image.status === 'CreateFailed' ? 0 : 100
  const mappings = image.disks.map((disk, index) => ({
    Device: disk.device,
    Type: disk.role,
    Size: String(disk.sizeGiB),
    SnapshotId: disk.snapshotId ?? '',
    Progress: `${percents[index] ?? percent}%`,
    RemainTime: 0,
    Format: 'raw',
  }))
  return {
    ImageId: image.id,
    ImageName: image.name,
    ImageFamily: image.family,
    ImageVersion: image.version,
    Description: image.description,
    Status: image.status,
    Progress: `${percent}%`,
    Usage: isInUse(cloud, image) ? 'instance' : 'none',
    Size: image.disks.find(({ role }) => role === 'system')?.sizeGiB,
    Platform: image.platform,
    OSType: 'linux',
    OSName: image.osName,
    Architecture: image.architecture,
    BootMode: image.bootMode,
    CreationTime: timeText(image.createdAt),
    ImageOwnerAlias: image.owner,
    IsSelfShared: '',
    IsCopied: false,
    IsSupportCloudinit: true,
    IsSupportIoOptimized: true,
    DiskDeviceMappings: { DiskDeviceMapping: image.owner === 'self' ? mappings : [] },
    Tags: tagsReply(image.tags),
  }
}

function isInUse(cloud: Cloud, { id }: Image): boolean {
  return Object.values(cloud.state.instances).some(({ imageId }) => imageId === id)
}

/** ECS leaves out what is not Available unless it is asked for by status. */
function statusTest(fields: Fields): (status: string) => boolean {
  const wanted = csv(fields, 'Status') ?? ['Available']
  return wanted.includes('ALL') ? () => true : among(wanted)
}

function createdTest(fields: Fields): (image: Image) => boolean {
  const bounds = groups(fields, 'Filter').map((filter) => ({
    key: text(filter, 'Key'),
    at: Date.parse(text(filter, 'Value') ?? ''),
  }))
  return ({ createdAt }) =>
    bounds.every(({ key, at }) => (key === 'CreationEndTime' ? createdAt <= at : createdAt >= at))
}

function ownImage(cloud: Cloud, id: string): Image | undefined {
  return cloud.state.images[id]
}

/** CreateImage, DescribeImages, DeleteImage, ModifyImageAttribute. */
export const IMAGE_OPERATIONS: readonly Operation[] = [
  CREATE_IMAGE,
  {
    name: 'DescribeImages',
    required: ['RegionId'],
    changes: false,
    run: (fields, cloud) => {
      const isWanted = asked(fields, 'ImageId')
      const isOwned = asked(fields, 'ImageOwnerAlias')
      const isOfFamily = asked(fields, 'ImageFamily')
      const isBuiltFor = asked(fields, 'Architecture')
      const isNamed = named(fields, 'ImageName')
      const hasStatus = statusTest(fields)
      const snapshotId = text(fields, 'SnapshotId')
      const usage = text(fields, 'Usage')
      const isCreatedThen = createdTest(fields)
      const isTagged = hasTags(fields)
      const everything = {
        ...Object.fromEntries(BASE_IMAGES.map((image) => [image.id, image])),
        ...cloud.state.images,
      }
      const found = newestFirst(
        everything,
        (image) =>
          isWanted(image.id) &&
          isOwned(image.owner) &&
          isOfFamily(image.family) &&
          isBuiltFor(image.architecture) &&
          isNamed(image.name) &&
          hasStatus(image.status) &&
          (snapshotId === undefined || image.disks.some((disk) => disk.snapshotId === snapshotId)) &&
          (usage === undefined || (usage === 'instance') === isInUse(cloud, image)) &&
          isCreatedThen(image) &&
          isTagged(image),
      )
      const { items, fields: paging } = page(fields, found)
      const images = items.map((image) => imageReply(cloud, image))
      return { ...paging, RegionId: cloud.settings.region, Images: { Image: images } }
    },
  },
  {
    name: 'DeleteImage',
    required: ['RegionId', 'ImageId'],
    changes: true,
    run: (fields, cloud) => {
      const image = ownImage(cloud, need(fields, 'ImageId'))
      // Public images are not among one's own: deleting one does nothing, as for one that does not exist.
      if (!image) return {}
      if (isInUse(cloud, image) && flag(fields, 'Force') !== true) throw refusal('ImageUsingByInstance')
      if (flag(fields, 'DryRun')) throw refusal('DryRunOperation')
      // Its snapshots stay: they are deleted by who knows that nothing else needs them.
      delete cloud.state.images[image.id]
      return {}
    },
  },
  {
    name: 'ModifyImageAttribute',
    required: ['RegionId', 'ImageId'],
    changes: true,
    run: (fields, cloud) => {
      const image = ownImage(cloud, need(fields, 'ImageId'))
      if (!image) throw refusal('InvalidImageId.NotFound')
      const name = text(fields, 'ImageName')
      const status = text(fields, 'Status')
      if (name !== undefined && name !== image.name) checkImageName(cloud, name)
      if (status !== undefined) {
        const isLegal = status === 'Deprecated' || status === 'Available'
        if (!isLegal || image.status === 'Creating' || image.status === 'CreateFailed') {
          throw refusal('InvalidParameter', { message: `The image cannot become ${status}.` })
        }
        image.status = status
      }
      image.name = name ?? image.name
      image.description = text(fields, 'Description') ?? image.description
      image.bootMode = text(fields, 'BootMode') ?? image.bootMode
      image.family = text(fields, 'ImageFamily') ?? image.family
      return {}
    },
  },
]
