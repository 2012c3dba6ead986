import { describe, expect, it } from 'vitest'
import {
  $Ecs,
  accomplishedSnapshot,
  freshSandbox,
  imageFrom,
  imageOf,
  instanceWithDisk,
  REGION,
  runInstance,
  snapshotOf,
  statusOf,
  until,
} from './ecs-client.ts'

const { ecs } = await freshSandbox({ quotas: { images: 3, snapshotsPerDisk: 2 } })

async function deleteImageNamed(imageName: string): Promise<void> {
  const request = new $Ecs.DescribeImagesRequest({ regionId: REGION, imageName })
  const imageId = (await ecs.describeImages(request)).body?.images?.image?.[0]?.imageId
  await ecs.deleteImage(new $Ecs.DeleteImageRequest({ regionId: REGION, imageId }))
}

describe('snapshots and images', async () => {
  const { diskId } = await instanceWithDisk(ecs, { instanceName: 'origin' })
  const first = await accomplishedSnapshot(ecs, diskId)

  it('stop at the quota of snapshots per disk', async () => {
    await accomplishedSnapshot(ecs, diskId)

    const third = ecs.createSnapshot(new $Ecs.CreateSnapshotRequest({ diskId }))

    await expect(third).rejects.toMatchObject({ code: 'QuotaExceed.Snapshot', statusCode: 403 })
  })

  it('guard what is in use: the image by its instance, the snapshot by its image', async () => {
    const imageId = await imageFrom(ecs, first, 'guarded')
    const instanceId = await runInstance(ecs, { imageId })
    const deleteImage = (force = false) =>
      ecs.deleteImage(new $Ecs.DeleteImageRequest({ regionId: REGION, imageId, force }))
    const deleteSnapshot = () =>
      ecs.deleteSnapshot(new $Ecs.DeleteSnapshotRequest({ snapshotId: first, force: true }))

    expect(await imageOf(ecs, imageId)).toMatchObject({ usage: 'instance', progress: '100%' })
    await expect(deleteImage()).rejects.toMatchObject({ code: 'ImageUsingByInstance', statusCode: 403 })
    await expect(deleteSnapshot()).rejects.toMatchObject({ code: 'SnapshotCreatedImage', statusCode: 403 })
    await ecs.deleteInstance(new $Ecs.DeleteInstanceRequest({ instanceId, force: true }))
    await until(() => statusOf(ecs, instanceId), undefined)
    await deleteImage()

    expect(await imageOf(ecs, imageId)).toBeUndefined()
    expect((await snapshotOf(ecs, first))?.usage).toBe('none')
    await expect(deleteImage()).resolves.toBeDefined()
  })

  it.each(['x', '1st', 'http://image', 'with space', 'a'.repeat(129)])('refuse the name %s', async (name) => {
    await expect(imageFrom(ecs, first, name)).rejects.toMatchObject({ code: 'InvalidImageName.Malformed' })
  })

  it('refuse a name that is taken, and more images than the quota', async () => {
    await imageFrom(ecs, first, 'one')

    await expect(imageFrom(ecs, first, 'one')).rejects.toMatchObject({ code: 'InvalidImageName.Duplicated' })
    await imageFrom(ecs, first, 'two')
    await imageFrom(ecs, first, 'three')
    await expect(imageFrom(ecs, first, 'four')).rejects.toMatchObject({ code: 'QuotaExceed.Image' })
  })

  it('refuse a mapping without a system disk, with a wrong device, or of an unknown snapshot', async () => {
    for (const imageName of ['two', 'three']) await deleteImageNamed(imageName)
    const image = (...mappings: { device: string; snapshotId: string }[]) => {
      const diskDeviceMapping = mappings.map(
        (mapping) => new $Ecs.CreateImageRequestDiskDeviceMapping(mapping),
      )
      return ecs.createImage(new $Ecs.CreateImageRequest({ regionId: REGION, diskDeviceMapping }))
    }

    await expect(image({ device: '/dev/xvdb', snapshotId: first })).rejects.toThrow(
      'does not contain system disk',
    )
    await expect(image({ device: '/dev/sda', snapshotId: first })).rejects.toMatchObject({
      code: 'InvalidDevice.Malformed',
    })
    await expect(image({ device: '/dev/xvda', snapshotId: 's-no' })).rejects.toMatchObject({
      code: 'InvalidSnapshotId.NotFound',
    })
  })

  it('are found by tag and name, page by page', async () => {
    const tags = [new $Ecs.TagResourcesRequestTag({ key: 'ferry:job', value: 'web-02' })]
    await ecs.tagResources(
      new $Ecs.TagResourcesRequest({
        regionId: REGION,
        resourceType: 'snapshot',
        resourceId: [first],
        tag: tags,
      }),
    )
    const tagged = await ecs.describeSnapshots(
      new $Ecs.DescribeSnapshotsRequest({
        regionId: REGION,
        tag: [{ key: 'ferry:job', value: 'web-02' }].map((t) => new $Ecs.DescribeSnapshotsRequestTag(t)),
      }),
    )
    const pages = await Promise.all(
      [1, 2, 3].map((pageNumber) =>
        ecs.describeSnapshots(
          new $Ecs.DescribeSnapshotsRequest({ regionId: REGION, diskId, pageNumber, pageSize: 1 }),
        ),
      ),
    )

    const start = await ecs.describeSnapshots(
      new $Ecs.DescribeSnapshotsRequest({ regionId: REGION, diskId, maxResults: 1 }),
    )
    const { nextToken } = start.body ?? {}
    const rest = await ecs.describeSnapshots(
      new $Ecs.DescribeSnapshotsRequest({ regionId: REGION, diskId, maxResults: 1, nextToken }),
    )

    expect(tagged.body?.snapshots?.snapshot?.map(({ snapshotId }) => snapshotId)).toEqual([first])
    expect(pages.map(({ body }) => body?.snapshots?.snapshot?.length)).toEqual([1, 1, 0])
    expect(pages.map(({ body }) => body?.totalCount)).toEqual([2, 2, 2])
    expect(rest.body).toMatchObject({ nextToken: '', snapshots: { snapshot: [{ snapshotId: first }] } })
  })
})
