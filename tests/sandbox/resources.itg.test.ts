import { existsSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { diskFile } from '../../sandbox/ecs/bytes.ts'
import {
  $Ecs,
  disksOf,
  freshSandbox,
  instanceOf,
  instanceWithDisk,
  REGION,
  runInstance,
  statusOf,
  until,
  ZONE,
} from './ecs-client.ts'

const { sandbox, ecs, home } = await freshSandbox({
  quotas: { instances: 12 },
  soldOut: ['ecs.g7.large', `${ZONE}/ecs.r7.large`],
})
const tag = [new $Ecs.RunInstancesRequestTag({ key: 'ferry:job', value: 'web-01' })]

describe('an instance', () => {
  it('starts by itself, with its tags, its address and its disks', async () => {
    const { instanceId } = await instanceWithDisk(ecs, {
      tag,
      internetMaxBandwidthOut: 10,
      instanceName: 'tagged',
    })

    const instance = await instanceOf(ecs, instanceId)

    expect(instance?.publicIpAddress?.ipAddress).toEqual(instance?.vpcAttributes?.privateIpAddress?.ipAddress)
    expect(instance?.publicIpAddress?.ipAddress?.[0]).toMatch(/^127\.\d+\.\d+\.\d+$/)
    expect(instance?.tags?.tag).toMatchObject([{ tagKey: 'ferry:job', tagValue: 'web-01' }])
    expect(
      (await disksOf(ecs, instanceId)).map(({ device, status }) => `${device} ${status}`).sort(),
    ).toEqual(['/dev/xvda In_use', '/dev/xvdb In_use'])
  })

  it('is stopped, started, rebooted and released, each from the right status', async () => {
    const instanceId = await runInstance(ecs)
    await until(() => statusOf(ecs, instanceId), 'Running')
    const illegal = { code: 'IncorrectInstanceStatus', statusCode: 403 }

    await expect(ecs.startInstance(new $Ecs.StartInstanceRequest({ instanceId }))).rejects.toMatchObject(
      illegal,
    )
    await expect(ecs.deleteInstance(new $Ecs.DeleteInstanceRequest({ instanceId }))).rejects.toMatchObject(
      illegal,
    )
    await ecs.rebootInstance(new $Ecs.RebootInstanceRequest({ instanceId }))
    await until(() => statusOf(ecs, instanceId), 'Running')
    await ecs.stopInstance(new $Ecs.StopInstanceRequest({ instanceId }))
    await until(() => statusOf(ecs, instanceId), 'Stopped')
    const [system] = await disksOf(ecs, instanceId)
    await ecs.deleteInstance(new $Ecs.DeleteInstanceRequest({ instanceId }))
    await until(() => statusOf(ecs, instanceId), undefined)

    expect(existsSync(diskFile(home, system?.diskId ?? ''))).toBe(false)
    const again = ecs.deleteInstance(new $Ecs.DeleteInstanceRequest({ instanceId }))
    await expect(again).rejects.toMatchObject({ code: 'InvalidInstanceId.NotFound', statusCode: 404 })
  })

  it.each([
    [{ instanceType: 'ecs.g7.large' }, 'OperationDenied.NoStock'],
    [{ instanceType: 'ecs.r7.large' }, 'OperationDenied.NoStock'],
    [{ instanceType: 'huge' }, 'InvalidInstanceType.ValueNotSupported'],
    [{ imageId: 'm-none' }, 'InvalidImageId.NotFound'],
    [{ vSwitchId: 'vsw-none' }, 'InvalidVSwitchId.NotFound'],
    [{ securityGroupIds: ['sg-none'] }, 'InvalidSecurityGroupId.NotFound'],
    [{ amount: 99 }, 'QuotaExceed.ElasticQuota'],
    [{ dryRun: true }, 'DryRunOperation'],
    [{ autoReleaseTime: '2020-01-01T00:00:00Z' }, 'InvalidAutoReleaseTime.Malformed'],
    [
      { systemDisk: new $Ecs.RunInstancesRequestSystemDisk({ size: '5' }) },
      'InvalidSystemDiskSize.LessThanImageSize',
    ],
  ])('is refused for %j', async (request, code) => {
    await expect(runInstance(ecs, request)).rejects.toMatchObject({ code })
  })

  it('is released by itself at its time', async () => {
    const autoReleaseTime = `${new Date(Date.now() + 31 * 60_000).toISOString().slice(0, 19)}Z`
    const instanceId = await runInstance(ecs, { autoReleaseTime })
    await until(() => statusOf(ecs, instanceId), 'Running')

    sandbox.advance(32 * 60_000)

    await until(() => statusOf(ecs, instanceId), undefined)
  })

  it('keeps the disks that do not go with it', async () => {
    const kept = { size: 1, deleteWithInstance: false }
    const dataDisk = [new $Ecs.RunInstancesRequestDataDisk(kept)]
    const { instanceId, diskId } = await instanceWithDisk(ecs, { dataDisk })

    await ecs.deleteInstance(new $Ecs.DeleteInstanceRequest({ instanceId, force: true }))
    await until(() => statusOf(ecs, instanceId), undefined)

    const reply = await ecs.describeDisks(
      new $Ecs.DescribeDisksRequest({ regionId: REGION, diskIds: `["${diskId}"]` }),
    )
    expect(reply.body?.disks?.disk).toMatchObject([{ status: 'Available', instanceId: '' }])
  })
})

describe('a disk', () => {
  const request = { regionId: REGION, zoneId: ZONE, size: 20, diskName: 'spare' }

  it('costs no space while nothing is written', async () => {
    const diskId = (await ecs.createDisk(new $Ecs.CreateDiskRequest(request))).body?.diskId ?? ''

    const { size, blocks } = statSync(diskFile(home, diskId))

    expect({ size, blocks }).toEqual({ size: 20 * 1024 ** 3, blocks: 0 })
  })

  it('is attached and detached, and deleted only when it is free', async () => {
    const diskId = (await ecs.createDisk(new $Ecs.CreateDiskRequest(request))).body?.diskId ?? ''
    const instanceId = await runInstance(ecs)
    await until(() => statusOf(ecs, instanceId), 'Running')
    const status = async () => {
      const asked = new $Ecs.DescribeDisksRequest({ regionId: REGION, diskIds: JSON.stringify([diskId]) })
      return (await ecs.describeDisks(asked)).body?.disks?.disk?.[0]?.status
    }

    await ecs.attachDisk(new $Ecs.AttachDiskRequest({ instanceId, diskId }))
    await until(status, 'In_use')
    const tooSoon = ecs.deleteDisk(new $Ecs.DeleteDiskRequest({ diskId }))
    await expect(tooSoon).rejects.toMatchObject({ code: 'DiskStillAttached' })
    await ecs.detachDisk(new $Ecs.DetachDiskRequest({ instanceId, diskId }))
    await until(status, 'Available')
    await ecs.deleteDisk(new $Ecs.DeleteDiskRequest({ diskId }))

    expect(await status()).toBeUndefined()
    await expect(ecs.deleteDisk(new $Ecs.DeleteDiskRequest({ diskId }))).resolves.toBeDefined()
  })

  it('cannot be snapshotted before it was ever attached', async () => {
    const diskId = (await ecs.createDisk(new $Ecs.CreateDiskRequest(request))).body?.diskId ?? ''

    const reply = ecs.createSnapshot(new $Ecs.CreateSnapshotRequest({ diskId }))

    await expect(reply).rejects.toMatchObject({ code: 'IncorrectDiskStatus.NeverAttached', statusCode: 403 })
  })
})

describe('what can be bought', () => {
  it('says which types are sold out', async () => {
    const asked = { regionId: REGION, zoneId: ZONE, destinationResource: 'InstanceType' }
    const reply = await ecs.describeAvailableResource(new $Ecs.DescribeAvailableResourceRequest(asked))

    const resources =
      reply.body?.availableZones?.availableZone?.[0]?.availableResources?.availableResource?.[0]
    const byType = resources?.supportedResources?.supportedResource?.map(
      ({ value, status }) => `${value} ${status}`,
    )
    expect(byType).toEqual(expect.arrayContaining(['ecs.c7.large Available', 'ecs.g7.large SoldOut']))
  })

  it('has a price', async () => {
    const asked = {
      regionId: REGION,
      resourceType: 'instance',
      instanceType: 'ecs.c7.large',
      priceUnit: 'Hour',
    }
    const reply = await ecs.describePrice(new $Ecs.DescribePriceRequest(asked))

    expect(reply.body?.priceInfo?.price).toMatchObject({ currency: 'CNY' })
    expect(reply.body?.priceInfo?.price?.tradePrice).toBeGreaterThan(0)
  })
})
