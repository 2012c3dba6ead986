import { open, readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { diskFile, snapshotFile } from '../../sandbox/ecs/bytes.ts'
import { machineFiles } from '../../sandbox/ecs/machine.ts'
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

const { ecs, home } = await freshSandbox({ whitelistDataDiskImages: false })

async function disk(diskId: string) {
  const request = new $Ecs.DescribeDisksRequest({ regionId: REGION, diskIds: JSON.stringify([diskId]) })
  return (await ecs.describeDisks(request)).body?.disks?.disk?.[0]
}

/** A stopped instance, and its system disk. */
async function stopped(): Promise<{ instanceId: string; diskId: string }> {
  const instanceId = await runInstance(ecs)
  await until(() => statusOf(ecs, instanceId), 'Running')
  await ecs.stopInstance(new $Ecs.StopInstanceRequest({ instanceId }))
  await until(() => statusOf(ecs, instanceId), 'Stopped')
  const [system] = await disksOf(ecs, instanceId)
  return { instanceId, diskId: system?.diskId ?? '' }
}

/** A system disk that lies in no instance. */
async function detached(): Promise<{ instanceId: string; diskId: string }> {
  const found = await stopped()
  await ecs.detachDisk(new $Ecs.DetachDiskRequest(found))
  await until(async () => (await disk(found.diskId))?.status, 'Available')
  return found
}

describe('a system disk', () => {
  it('comes off a stopped instance only, and stays a system disk', async () => {
    const { instanceId, diskId } = await stopped()
    await ecs.startInstance(new $Ecs.StartInstanceRequest({ instanceId }))
    await until(() => statusOf(ecs, instanceId), 'Running')

    await expect(ecs.detachDisk(new $Ecs.DetachDiskRequest({ instanceId, diskId }))).rejects.toMatchObject({
      code: 'IncorrectInstanceStatus',
    })
    const found = await detached()
    expect(await disk(found.diskId)).toMatchObject({ type: 'system', status: 'Available', instanceId: '' })
  })

  it('outlives the instance that it came from, which cannot start without it', async () => {
    const { instanceId, diskId } = await detached()

    await expect(ecs.startInstance(new $Ecs.StartInstanceRequest({ instanceId }))).rejects.toMatchObject({
      code: 'OperationDenied',
    })
    await ecs.deleteInstance(new $Ecs.DeleteInstanceRequest({ instanceId }))
    await until(() => statusOf(ecs, instanceId), undefined)

    expect(await disk(diskId)).toMatchObject({ status: 'Available' })
  })

  it('is one more data disk of another instance, from which images may be made without a permission', async () => {
    const { diskId } = await detached()
    const other = await instanceWithDisk(ecs, { script: '#!/bin/sh\nsleep 60\n' })
    await ecs.attachDisk(new $Ecs.AttachDiskRequest({ instanceId: other.instanceId, diskId }))
    await until(async () => (await disk(diskId))?.status, 'In_use')
    const file = await open(diskFile(home, diskId), 'r+')
    await file.write('bytes of a server')
    await file.close()

    const snapshotId = await accomplishedSnapshot(ecs, diskId)
    const imageId = await imageFrom(ecs, snapshotId, 'of-a-carrier')

    expect(await disk(diskId)).toMatchObject({ type: 'system', device: '/dev/xvdc', portable: true })
    expect((await readdir(machineFiles(home, other.instanceId).dev)).sort()).toEqual(['vdb', 'vdc'])
    expect((await snapshotOf(ecs, snapshotId))?.sourceDiskType).toBe('system')
    expect((await imageOf(ecs, imageId))?.status).toBe('Available')
    const bytes = await open(snapshotFile(home, snapshotId), 'r')
    expect((await bytes.read(Buffer.alloc(17), 0, 17, 0)).buffer.toString()).toBe('bytes of a server')
    await bytes.close()
    const ofData = await accomplishedSnapshot(ecs, other.diskId)
    await expect(imageFrom(ecs, ofData, 'of-a-data-disk')).rejects.toMatchObject({
      code: 'UserNotInTheWhiteList',
    })
  })
})
