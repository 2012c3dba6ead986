import { Fault } from '../../domain/faults.ts'
import type { Cloud, CloudImage, NewImage } from '../../ports/cloud.ts'
import type { Ecs } from './client.ts'
import { isDryRun } from './dry-run.ts'
import { cloudCode } from './errors.ts'
import { allPages, PAGE_SIZE } from './pages.ts'
import { toPercent } from './percent.ts'
import type { Body, RequestFields } from './sdk.ts'
import { fromTags, toTags } from './tags.ts'
import { clientToken, firstOrNew } from './token.ts'

type Images = Pick<Cloud, 'createImage' | 'image' | 'imagesTagged' | 'deleteImage' | 'tryImage'>

/** A snapshot that nobody has: what an image is tried of before there is one. */
const NO_SNAPSHOT = 's-bp1aaaaaaaaaaaaaaaaa'

/** Without these the cloud lists only what is Available. */
const ANY_STATUS = 'Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated'

/** The images of a region. */
export function imagesOf(ecs: Ecs): Images {
  const list = (filter: RequestFields<'describeImages'>) =>
    allPages(async (pageNumber) => {
      const page = { regionId: ecs.region, status: ANY_STATUS, pageNumber, pageSize: PAGE_SIZE }
      const body = await ecs.ask('describeImages', { ...page, ...filter })
      return { items: (body.images?.image ?? []).map(toImage), total: body.totalCount ?? 0 }
    })
  const imagesTagged: Images['imagesTagged'] = (tags) => list({ imageOwnerAlias: 'self', tag: toTags(tags) })

  return {
    image: async (id) => (await list({ imageId: id }))[0],
    imagesTagged,
    createImage: (request) =>
      firstOrNew(imagesTagged({ 'ferry:key': request.tags['ferry:key'] }), async () => {
        const { imageId, requestId } = await ecs.ask('createImage', createFields(ecs.region, request))
        if (imageId !== undefined) return imageId
        throw new Fault('CLOUD_REFUSED', 'The cloud named no image.', { RequestId: requestId ?? '' })
      }),
    tryImage: async (name) => {
      const disks = [{ device: '/dev/xvda', diskType: 'system', snapshotId: NO_SNAPSHOT }]
      const asked = { regionId: ecs.region, imageName: name, diskDeviceMapping: disks, dryRun: true }
      try {
        await isDryRun(ecs.ask('createImage', asked))
      } catch (error) {
        // It got as far as looking for the snapshot: permission and quota are fine.
        if (!(cloudCode(error) ?? '').startsWith('InvalidSnapshotId')) throw error
      }
    },
    deleteImage: async (id) => {
      try {
        await ecs.ask('deleteImage', { regionId: ecs.region, imageId: id, force: false })
      } catch (error) {
        if (cloudCode(error) !== 'InvalidImageId.NotFound') throw error
      }
    },
  }
}

function createFields(region: string, request: NewImage): RequestFields<'createImage'> {
  return {
    clientToken: clientToken(request.token),
    regionId: region,
    imageName: request.name,
    description: request.description,
    architecture: request.architecture,
    bootMode: request.bootMode,
    diskDeviceMapping: request.snapshots.map(({ id, sizeGiB }, index) => ({
      device: `/dev/xvd${String.fromCharCode('a'.charCodeAt(0) + index)}`,
      // Said for the first too: its snapshot may be a data disk's.
      diskType: index === 0 ? 'system' : 'data',
      size: sizeGiB,
      snapshotId: id,
    })),
    tag: toTags(request.tags),
  }
}

type EcsImage = NonNullable<NonNullable<Body<'describeImages'>['images']>['image']>[number]

function toImage(found: EcsImage): CloudImage {
  const mappings = found.diskDeviceMappings?.diskDeviceMapping ?? []
  return {
    id: found.imageId ?? '',
    name: found.imageName ?? '',
    status: (found.status ?? 'Waiting') as CloudImage['status'],
    percent: toPercent(found.progress),
    inUse: found.usage === 'instance',
    architecture: found.architecture === 'arm64' ? 'arm64' : 'x86_64',
    bootMode: found.bootMode?.startsWith('UEFI') === true ? 'UEFI' : 'BIOS',
    snapshotIds: mappings.flatMap(({ snapshotId }) => (snapshotId === undefined ? [] : [snapshotId])),
    tags: fromTags(found.tags),
  }
}
