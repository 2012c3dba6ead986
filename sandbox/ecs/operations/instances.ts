import type { Cloud } from '../cloud.ts'
import { refusal } from '../errors.ts'
import { flag, jsonList, list, need, text } from '../fields.ts'
import { beginStop, DELAYS_MS } from '../life.ts'
import { BASE_IMAGES, hardwareOf, VPC } from '../places.ts'
import { isBootDisk } from '../state.ts'
import type { Instance, InstanceStatus } from '../state.ts'
import type { Fields } from '../wire.ts'
import { among, asked, hasTags, named, newestFirst, page, tagsReply } from './listing.ts'
import { minuteText } from './operation.ts'
import type { Operation, Reply } from './operation.ts'
import { RUN_INSTANCES } from './run-instances.ts'

function instanceReply(cloud: Cloud, instance: Instance): Reply {
  const image = BASE_IMAGES.find(({ id }) => id === instance.imageId) ?? cloud.state.images[instance.imageId]
  const hardware = hardwareOf(instance.type)
  return {
    InstanceId: instance.id,
    InstanceName: instance.name,
    HostName: instance.hostName,
    Description: instance.description,
    Status: instance.status,
    ImageId: instance.imageId,
    InstanceType: instance.type,
    Cpu: hardware?.cores,
    Memory: hardware?.memoryMiB,
    RegionId: cloud.settings.region,
    ZoneId: instance.zone,
    OSType: 'linux',
    OSName: image?.osName ?? '',
    InstanceChargeType: 'PostPaid',
    InstanceNetworkType: 'vpc',
    InternetMaxBandwidthOut: instance.hasPublicAddress ? 100 : 0,
    PublicIpAddress: { IpAddress: instance.hasPublicAddress ? [instance.address] : [] },
    EipAddress: {},
    VpcAttributes: {
      VpcId: VPC,
      VSwitchId: instance.vSwitch,
      PrivateIpAddress: { IpAddress: [instance.address] },
    },
    SecurityGroupIds: { SecurityGroupId: instance.securityGroups },
    CreationTime: minuteText(instance.createdAt),
    StartTime: instance.startedAt === undefined ? '' : minuteText(instance.startedAt),
    AutoReleaseTime: instance.releaseAt === undefined ? '' : minuteText(instance.releaseAt),
    DeletionProtection: instance.isProtected,
    StoppedMode: instance.status === 'Stopped' ? 'KeepCharging' : 'Not-applicable',
    OperationLocks: { LockReason: [] },
    Tags: tagsReply(instance.tags),
  }
}

/** The instance that a request names, in one of the statuses that allow what it asks. */
function instanceIn(cloud: Cloud, fields: Fields, statuses: readonly InstanceStatus[]): Instance {
  const instance = cloud.state.instances[need(fields, 'InstanceId')]
  if (!instance) throw refusal('InvalidInstanceId.NotFound')
  if (!statuses.includes(instance.status)) throw refusal('IncorrectInstanceStatus')
  return instance
}

/** RunInstances, DescribeInstances, DescribeInstanceStatus, Start-, Stop-, Reboot- and DeleteInstance. */
export const INSTANCE_OPERATIONS: readonly Operation[] = [
  RUN_INSTANCES,
  {
    name: 'DescribeInstances',
    required: ['RegionId'],
    changes: false,
    run: (fields, cloud) => {
      const isWanted = among(jsonList(fields, 'InstanceIds'))
      const isOfImage = asked(fields, 'ImageId')
      const isInZone = asked(fields, 'ZoneId')
      const hasStatus = asked(fields, 'Status')
      const isNamed = named(fields, 'InstanceName')
      const isTagged = hasTags(fields)
      const found = newestFirst(
        cloud.state.instances,
        (instance) =>
          isWanted(instance.id) &&
          isOfImage(instance.imageId) &&
          isInZone(instance.zone) &&
          hasStatus(instance.status) &&
          isNamed(instance.name) &&
          isTagged(instance),
      )
      const { items, fields: paging } = page(fields, found)
      return { ...paging, Instances: { Instance: items.map((instance) => instanceReply(cloud, instance)) } }
    },
  },
  {
    name: 'DescribeInstanceStatus',
    required: ['RegionId'],
    changes: false,
    run: (fields, cloud) => {
      const ids = list(fields, 'InstanceId')
      const isInZone = asked(fields, 'ZoneId')
      const isWanted = among(ids.length > 0 ? ids : undefined)
      const found = newestFirst(cloud.state.instances, ({ id, zone }) => isWanted(id) && isInZone(zone))
      const { items, fields: paging } = page(fields, found)
      const statuses = items.map(({ id, status }) => ({ InstanceId: id, Status: status }))
      return { ...paging, InstanceStatuses: { InstanceStatus: statuses } }
    },
  },
  {
    name: 'StartInstance',
    required: ['InstanceId'],
    changes: true,
    run: (fields, cloud) => {
      const instance = instanceIn(cloud, fields, ['Stopped'])
      const disks = Object.values(cloud.state.disks).filter(({ instanceId }) => instanceId === instance.id)
      if (!disks.some(isBootDisk))
        throw refusal('OperationDenied', { message: 'The instance has no system disk to start from.' })
      // A system disk that is being replaced.
      if (disks.some((disk) => isBootDisk(disk) && disk.status !== 'In_use'))
        throw refusal('IncorrectInstanceStatus')
      instance.status = 'Starting'
      instance.due = cloud.after(DELAYS_MS.starting)
      return {}
    },
  },
  {
    name: 'StopInstance',
    required: ['InstanceId'],
    changes: true,
    run: (fields, cloud) => {
      beginStop(cloud, instanceIn(cloud, fields, ['Running']), 'stay')
      return {}
    },
  },
  {
    name: 'RebootInstance',
    required: ['InstanceId'],
    changes: true,
    run: (fields, cloud) => {
      beginStop(cloud, instanceIn(cloud, fields, ['Running']), 'start')
      return {}
    },
  },
  {
    name: 'DeleteInstance',
    required: ['InstanceId'],
    changes: true,
    run: (fields, cloud) => {
      const instance = cloud.state.instances[need(fields, 'InstanceId')]
      if (!instance) throw refusal('InvalidInstanceId.NotFound')
      // Already on its way: a repeated deletion is no mistake.
      if (instance.afterStop === 'release') return {}
      if (instance.isProtected) throw refusal('InvalidOperation.DeletionProtection')
      if (instance.status !== 'Stopped' && flag(fields, 'Force') !== true)
        throw refusal('IncorrectInstanceStatus')
      if (text(fields, 'DryRun') === 'true') throw refusal('DryRunOperation')
      beginStop(cloud, instance, 'release')
      return {}
    },
  },
]
