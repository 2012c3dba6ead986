import { createHash, randomBytes } from 'node:crypto'
import { open, readFile, stat } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { diskFile, snapshotFile } from '../../sandbox/ecs/bytes.ts'
import {
  $Ecs,
  accomplishedSnapshot,
  disksOf,
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

const { ecs, home } = await freshSandbox({ speed: 0.2 })

/** The bytes that tests write lie at the start; the rest of a disk is a hole. */
const WRITTEN = 300_000

async function write(diskId: string, bytes: Buffer): Promise<void> {
  const file = await open(diskFile(home, diskId), 'r+')
  await file.write(bytes, 0, bytes.length, 0)
  await file.close()
}

async function digestOf(path: string): Promise<string> {
  const file = await open(path, 'r')
  const { buffer, bytesRead } = await file.read(Buffer.alloc(WRITTEN), 0, WRITTEN, 0)
  await file.close()
  return createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex')
}

describe("an image's bytes", () => {
  it('are those of the moment of the snapshot, whatever is written or deleted later', async () => {
    const { instanceId, diskId } = await instanceWithDisk(ecs)
    const bytes = randomBytes(WRITTEN)
    await write(diskId, bytes)
    const snapshotId =
      (await ecs.createSnapshot(new $Ecs.CreateSnapshotRequest({ diskId }))).body?.snapshotId ?? ''

    await write(diskId, randomBytes(WRITTEN))
    await until(async () => (await snapshotOf(ecs, snapshotId))?.status, 'accomplished')
    const imageId = await imageFrom(ecs, snapshotId, 'moment')
    await write(diskId, randomBytes(WRITTEN))
    await ecs.deleteInstance(new $Ecs.DeleteInstanceRequest({ instanceId, force: true }))
    await until(() => statusOf(ecs, instanceId), undefined)

    const mapping = (await imageOf(ecs, imageId))?.diskDeviceMappings?.diskDeviceMapping?.[0]
    expect(mapping).toMatchObject({ device: '/dev/xvda', type: 'system', snapshotId })
    const file = snapshotFile(home, mapping?.snapshotId ?? '')
    expect(await digestOf(file)).toBe(createHash('sha256').update(bytes).digest('hex'))
    expect(await stat(file)).toMatchObject({ size: 1024 ** 3, nlink: 1 })
    expect((await stat(file)).blocks * 512).toBeLessThan(2 * WRITTEN)
  })

  it('are in the disks of an instance made of it, and in a disk made of its snapshot', async () => {
    const { diskId } = await instanceWithDisk(ecs)
    await write(diskId, randomBytes(WRITTEN))
    const snapshotId = await accomplishedSnapshot(ecs, diskId)
    const imageId = await imageFrom(ecs, snapshotId, 'launched')
    const dataDisk = [new $Ecs.RunInstancesRequestDataDisk({ size: 2, snapshotId })]

    const instanceId = await runInstance(ecs, { imageId, dataDisk })

    const disks = await disksOf(ecs, instanceId)
    expect(disks.map(({ type, size }) => `${type} ${size}`).sort()).toEqual(['data 2', 'system 1'])
    for (const disk of disks) {
      expect(await digestOf(diskFile(home, disk.diskId ?? ''))).toBe(
        await digestOf(snapshotFile(home, snapshotId)),
      )
    }
    expect((await stat(snapshotFile(home, snapshotId))).mode & 0o222).toBe(0)
  })

  it('are those of every disk when it is made of an instance', async () => {
    const { instanceId } = await instanceWithDisk(ecs)

    const request = new $Ecs.CreateImageRequest({ regionId: REGION, instanceId, imageName: 'whole' })
    const imageId = (await ecs.createImage(request)).body?.imageId ?? ''
    await until(async () => (await imageOf(ecs, imageId))?.status, 'Available')

    const mappings = (await imageOf(ecs, imageId))?.diskDeviceMappings?.diskDeviceMapping ?? []
    expect(mappings.map(({ device, type }) => `${device} ${type}`)).toEqual([
      '/dev/xvda system',
      '/dev/xvdb data',
    ])
  })
})

describe('a snapshot under way', () => {
  it('is the only one of its disk, and cannot be used yet', async () => {
    const slow = await freshSandbox({ speed: 3 })
    const { diskId } = await instanceWithDisk(slow.ecs)
    const create = () => slow.ecs.createSnapshot(new $Ecs.CreateSnapshotRequest({ diskId }))
    const snapshotId = (await create()).body?.snapshotId ?? ''

    expect(await snapshotOf(slow.ecs, snapshotId)).toMatchObject({ status: 'progressing' })
    await expect(create()).rejects.toMatchObject({ code: 'IncorrectDiskStatus.CreatingSnapshot' })
    await expect(imageFrom(slow.ecs, snapshotId, 'early')).rejects.toMatchObject({
      code: 'InvalidSnapshotId.NotReady',
    })
    await until(async () => (await snapshotOf(slow.ecs, snapshotId))?.progress, '100%')
  })

  it('makes an image that is listed only when its status is asked for', async () => {
    const slow = await freshSandbox({ speed: 2 })
    const { instanceId } = await instanceWithDisk(slow.ecs)
    const request = new $Ecs.CreateImageRequest({ regionId: REGION, instanceId, imageName: 'coming' })
    const imageId = (await slow.ecs.createImage(request)).body?.imageId ?? ''

    const usual = await slow.ecs.describeImages(new $Ecs.DescribeImagesRequest({ regionId: REGION, imageId }))

    expect(usual.body?.totalCount).toBe(0)
    expect(await imageOf(slow.ecs, imageId)).toMatchObject({ status: 'Creating' })
  })
})

describe("an account outside the white list for data disks' snapshots", () => {
  it('cannot make a system disk of one', async () => {
    const strict = await freshSandbox({ whitelistDataDiskImages: false })
    const { diskId } = await instanceWithDisk(strict.ecs)
    const snapshotId = await accomplishedSnapshot(strict.ecs, diskId)

    const image = imageFrom(strict.ecs, snapshotId, 'refused')

    await expect(image).rejects.toMatchObject({ code: 'UserNotInTheWhiteList', statusCode: 403 })
  })
})

describe('the state on disk', () => {
  it('is one whole JSON file at any time', async () => {
    const { ecs: other, home: folder } = await freshSandbox()
    const make = () => other.createSecurityGroup(new $Ecs.CreateSecurityGroupRequest({ regionId: REGION }))

    const made = await Promise.all(Array.from({ length: 20 }, make))

    const state = JSON.parse(await readFile(`${folder}/state.json`, 'utf8')) as { securityGroups: object }
    expect(Object.keys(state.securityGroups)).toEqual(
      expect.arrayContaining(made.map(({ body }) => body?.securityGroupId)),
    )
  })
})
