import type { Cloud } from '../cloud.ts'
import { refusal } from '../errors.ts'
import { count, flag, group, groups, list, need, text } from '../fields.ts'
import { BASE_IMAGES, hardwareOf } from '../places.ts'
import type { Image, Instance } from '../state.ts'
import type { Fields } from '../wire.ts'
import { readTags } from './listing.ts'
import { checkCategory, readSize } from './make-disk.ts'
import type { NewDisk } from './make-disk.ts'
import { zoneOf } from './network.ts'

const SOONEST_RELEASE_MS = 30 * 60_000
const LARGEST_USER_DATA = 32 * 1024

/** A disk to come, and where it goes. */
interface PlannedDisk extends NewDisk {
  readonly device: string | undefined
  readonly deleteWithInstance: boolean
}

/** What one of the instances of a call is to be; all of them are alike. */
export type Plan = Omit<Instance, 'id' | 'status' | 'afterStop' | 'address' | 'createdAt'> & {
  disks: PlannedDisk[]
}

/** Reads a RunInstances request and refuses what cannot be; makes nothing. */
export function planOf(cloud: Cloud, fields: Fields): Plan {
  const type = need(fields, 'InstanceType')
  if (!hardwareOf(type)) throw refusal('InvalidInstanceType.ValueNotSupported')
  const vSwitch = need(fields, 'VSwitchId')
  const zone = text(fields, 'ZoneId') ?? zoneOf(cloud, vSwitch)
  if (!cloud.settings.vSwitches.includes(vSwitch)) throw refusal('InvalidVSwitchId.NotFound')
  if (!cloud.settings.zones.includes(zone)) throw refusal('InvalidZoneId.NotFound')
  const securityGroups = [...list(fields, 'SecurityGroupIds')]
  if (securityGroups.length === 0) securityGroups.push(need(fields, 'SecurityGroupId'))
  for (const id of securityGroups) {
    if (!cloud.state.securityGroups[id]) throw refusal('InvalidSecurityGroupId.NotFound')
  }
  const image = imageOf(cloud, need(fields, 'ImageId'))
  const disks = plannedDisks(cloud, fields, image, zone)
  const userData = decodeUserData(text(fields, 'UserData'))
  const releaseAt = readReleaseTime(cloud, text(fields, 'AutoReleaseTime'))
  // Last, as in ECS: a request that can never succeed is told so before one that might elsewhere.
  if (isSoldOut(cloud, zone, type)) throw refusal('OperationDenied.NoStock')
  const name = text(fields, 'InstanceName') ?? ''
  return {
    name,
    hostName: text(fields, 'HostName') ?? name,
    description: text(fields, 'Description') ?? '',
    imageId: image.id,
    type,
    zone,
    vSwitch,
    securityGroups,
    hasPublicAddress: (count(fields, 'InternetMaxBandwidthOut') ?? 0) > 0,
    isProtected: flag(fields, 'DeletionProtection') ?? false,
    userData,
    tags: readTags(fields),
    disks,
    ...(releaseAt === undefined ? {} : { releaseAt }),
  }
}

/** An image that instances and disks can be made of. */
export function imageOf(cloud: Cloud, id: string): Image {
  const image = cloud.state.images[id] ?? BASE_IMAGES.find((base) => base.id === id)
  if (!image) throw refusal('InvalidImageId.NotFound')
  if (image.status !== 'Available') throw refusal('OperationDenied.ImageNotValid')
  return image
}

function plannedDisks(cloud: Cloud, fields: Fields, image: Image, zone: string): PlannedDisk[] {
  const system = group(fields, 'SystemDisk')
  const fromImage = image.disks.map((disk) => {
    const wanted = disk.role === 'system' ? count(system, 'Size', 1) : undefined
    const sizeGiB = wanted ?? disk.sizeGiB
    if (sizeGiB < disk.sizeGiB) throw refusal('InvalidSystemDiskSize.LessThanImageSize')
    const given = disk.role === 'system' ? { ...system } : {}
    const device = disk.role === 'system' ? undefined : disk.device
    return {
      ...plannedDisk(given, disk.role, zone),
      sizeGiB,
      sourceSnapshotId: disk.snapshotId,
      device,
      imageId: image.id,
    }
  })
  const extra = groups(fields, 'DataDisk').map((given) => {
    const snapshotId = text(given, 'SnapshotId')
    const sizeGiB = readSize(cloud, text(given, 'Size'), snapshotId)
    return { ...plannedDisk(given, 'data', zone), sizeGiB, sourceSnapshotId: snapshotId }
  })
  return [...fromImage, ...extra]
}

function plannedDisk(given: Fields, role: 'system' | 'data', zone: string) {
  return {
    role,
    name: text(given, 'DiskName') ?? '',
    description: text(given, 'Description') ?? '',
    category: checkCategory(text(given, 'Category')),
    performanceLevel: text(given, 'PerformanceLevel') ?? '',
    zone,
    device: text(given, 'Device'),
    deleteWithInstance: role === 'system' || (flag(given, 'DeleteWithInstance') ?? true),
    tags: {},
  }
}

function decodeUserData(base64 = ''): string {
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(base64)) throw refusal('InvalidUserData.Base64FormatInvalid')
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length > LARGEST_USER_DATA) throw refusal('InvalidUserData.SizeExceeded')
  return bytes.toString('utf8')
}

function readReleaseTime(cloud: Cloud, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z$/.test(value)
  const at = Date.parse(value)
  // ECS counts whole minutes: a time half an hour ahead that lost its seconds must still pass.
  if (!isTime || !(at >= cloud.now() + SOONEST_RELEASE_MS - 60_000))
    throw refusal('InvalidAutoReleaseTime.Malformed')
  return at
}

/** Whether an instance type is out of stock in a zone. */
export function isSoldOut(cloud: Cloud, zone: string, type: string): boolean {
  return cloud.settings.soldOut.some((entry) => entry === type || entry === `${zone}/${type}`)
}
