import { Fault } from '../../domain/faults.ts'
import type { Cloud, Instance, NewInstance } from '../../ports/cloud.ts'
import type { Ecs } from './client.ts'
import { isDryRun } from './dry-run.ts'
import { cloudCode } from './errors.ts'
import { allPages, PAGE_SIZE } from './pages.ts'
import type { Body, RequestFields } from './sdk.ts'
import { fromTags, toTags } from './tags.ts'
import { clientToken, firstOrNew } from './token.ts'

type Instances = Pick<
  Cloud,
  | 'createInstance'
  | 'instance'
  | 'instancesTagged'
  | 'restartInstance'
  | 'stopInstance'
  | 'deleteInstance'
  | 'replaceSystemDisk'
  | 'stock'
  | 'tryInstance'
>

export const DISK_CATEGORY = 'cloud_essd'
/** Mbit/s; paid by what is sent, and blocks are received. */
const PUBLIC_BANDWIDTH = 100

/** The instances of a region. */
export function instancesOf(ecs: Ecs): Instances {
  const list = (filter: RequestFields<'describeInstances'>) =>
    allPages(async (pageNumber) => {
      const page = { regionId: ecs.region, pageNumber, pageSize: PAGE_SIZE }
      const body = await ecs.ask('describeInstances', { ...page, ...filter })
      return { items: (body.instances?.instance ?? []).map(toInstance), total: body.totalCount ?? 0 }
    })
  const instance = async (id: string) => (await list({ instanceIds: JSON.stringify([id]) }))[0]
  const instancesTagged: Instances['instancesTagged'] = (tags) => list({ tag: toTags(tags) })

  return {
    instance,
    instancesTagged,
    createInstance: (request) =>
      firstOrNew(instancesTagged({ 'ferry:key': request.tags['ferry:key'] }), () =>
        runInstance(ecs, request),
      ),
    restartInstance: async (id) => {
      const status = (await instance(id))?.status
      try {
        if (status === 'Stopped') await ecs.ask('startInstance', { instanceId: id })
        else if (!isComingUp(status)) await ecs.ask('rebootInstance', { instanceId: id })
      } catch (error) {
        // It was restarted already: by a try whose reply was lost, or by somebody else.
        if (!(error instanceof Fault && error.code === 'CLOUD_WAIT')) throw error
        if (!isComingUp((await instance(id))?.status)) throw error
      }
    },
    stopInstance: async (id) => {
      const status = (await instance(id))?.status
      if (status === 'Running') await ecs.ask('stopInstance', { instanceId: id, stoppedMode: 'KeepCharging' })
    },
    deleteInstance: async (id) => {
      try {
        await ecs.ask('deleteInstance', { instanceId: id, force: true })
      } catch (error) {
        if (cloudCode(error) !== 'InvalidInstanceId.NotFound') throw error
      }
    },
    replaceSystemDisk: async ({ token, instanceId, imageId, sizeGiB }) => {
      const asked = { clientToken: clientToken(token), instanceId, imageId, systemDisk: { size: sizeGiB } }
      await ecs.ask('replaceSystemDisk', asked)
    },
    stock: (zone, types) => Promise.all(types.map((type) => stockOf(ecs, zone, type))),
    tryInstance: async (request) => {
      await isDryRun(runInstance(ecs, request, true))
    },
  }
}

function isComingUp(status: Instance['status'] | undefined): boolean {
  return status === 'Pending' || status === 'Starting'
}

async function stockOf(
  ecs: Ecs,
  zoneId: string,
  instanceType: string,
): Promise<{ readonly type: string; readonly isAvailable: boolean }> {
  const asked = { regionId: ecs.region, destinationResource: 'InstanceType', instanceChargeType: 'PostPaid' }
  const body = await ecs.ask('describeAvailableResource', { ...asked, zoneId, instanceType })
  const zones = body.availableZones?.availableZone ?? []
  const listed = zones
    .filter((zone) => zone.zoneId === zoneId)
    .flatMap((zone) => zone.availableResources?.availableResource ?? [])
    .flatMap((resource) => resource.supportedResources?.supportedResource ?? [])
  const found = listed.find(({ value }) => value === instanceType)
  return { type: instanceType, isAvailable: found?.status === 'Available' }
}

/** Tries one type after the other while the cloud says that there is none left; the last refusal is thrown. */
async function runInstance(ecs: Ecs, request: NewInstance, dryRun = false): Promise<string> {
  let soldOut: unknown = new Fault('NO_STOCK', 'No instance type was named.')
  for (const instanceType of request.instanceTypes) {
    try {
      const body = await ecs.ask('runInstances', {
        ...runFields(ecs.region, request, instanceType),
        ...(dryRun ? { dryRun } : {}),
      })
      const [id] = body.instanceIdSets?.instanceIdSet ?? []
      if (id !== undefined) return id
      throw new Fault('CLOUD_REFUSED', 'The cloud named no instance.', { RequestId: body.requestId ?? '' })
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'NO_STOCK')) throw error
      soldOut = error
    }
  }
  throw soldOut
}

function runFields(
  region: string,
  request: NewInstance,
  instanceType: string,
): RequestFields<'runInstances'> {
  return {
    clientToken: clientToken(request.token, instanceType),
    regionId: region,
    zoneId: request.zone,
    instanceName: request.name,
    imageId: request.imageId,
    instanceType,
    instanceChargeType: 'PostPaid',
    amount: 1,
    minAmount: 1,
    vSwitchId: request.vSwitch,
    securityGroupId: request.securityGroup,
    internetChargeType: 'PayByTraffic',
    internetMaxBandwidthOut: request.publicAddress ? PUBLIC_BANDWIDTH : 0,
    systemDisk: { category: DISK_CATEGORY, size: String(request.systemDiskGiB) },
    dataDisk: request.dataDisks.map(({ sizeGiB, snapshotId }) => ({
      category: DISK_CATEGORY,
      size: sizeGiB,
      deleteWithInstance: true,
      ...(snapshotId === undefined ? {} : { snapshotId }),
    })),
    // They go to the instance, its disks and its network interface.
    tag: toTags(request.tags),
    ...(request.userData === undefined ? {} : { userData: Buffer.from(request.userData).toString('base64') }),
    ...(request.releaseAt === undefined ? {} : { autoReleaseTime: toMinute(request.releaseAt) }),
  }
}

/** ISO 8601 in UTC. ECS cuts it to the minute, which may then be less than half an hour ahead: so the next minute. */
function toMinute(date: Date): string {
  const minute = new Date(Math.ceil(date.getTime() / 60_000) * 60_000)
  return `${minute.toISOString().slice(0, 16)}:00Z`
}

type EcsInstance = NonNullable<NonNullable<Body<'describeInstances'>['instances']>['instance']>[number]

function toInstance(found: EcsInstance): Instance {
  const addresses = [
    found.eipAddress?.ipAddress,
    ...(found.publicIpAddress?.ipAddress ?? []),
    ...(found.vpcAttributes?.privateIpAddress?.ipAddress ?? []),
  ]
  return {
    id: found.instanceId ?? '',
    name: found.instanceName ?? '',
    status: (found.status ?? 'Pending') as Instance['status'],
    privateAddress: found.vpcAttributes?.privateIpAddress?.ipAddress?.[0] ?? '',
    address: addresses.find((address) => address !== undefined && address !== '') ?? '',
    imageId: found.imageId ?? '',
    type: found.instanceType ?? '',
    zone: found.zoneId ?? '',
    tags: fromTags(found.tags),
  }
}
