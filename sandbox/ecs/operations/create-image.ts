import type { Cloud } from '../cloud.ts'
import { missing, refusal } from '../errors.ts'
import { count, flag, groups, text } from '../fields.ts'
import { DELAYS_MS } from '../life.ts'
import { isBootDisk } from '../state.ts'
import type { ImageDisk, Snapshot } from '../state.ts'
import type { Fields } from '../wire.ts'
import { checkImageName } from './image-name.ts'
import { readTags } from './listing.ts'
import { readySnapshot } from './make-disk.ts'
import type { Operation } from './operation.ts'
import { checkSnapshot, takeSnapshots } from './take-snapshots.ts'

/**
 * CreateImage, in its three ways: of an instance (snapshots of all its disks are taken), of a list of snapshots, or
 * of one snapshot. The bytes of an image are its snapshots', which cannot be deleted while it exists.
 */
export const CREATE_IMAGE: Operation = {
  name: 'CreateImage',
  required: ['RegionId'],
  changes: true,
  token: 'IdempotenceParamNotMatch',
  run: async (fields, cloud) => {
    const id = cloud.newId('m')
    const name = text(fields, 'ImageName') ?? id
    const tags = readTags(fields)
    checkImageName(cloud, name)
    if (Object.keys(cloud.state.images).length >= cloud.settings.quotas.images)
      throw refusal('QuotaExceed.Image')
    const instanceId = text(fields, 'InstanceId')
    if (instanceId !== undefined) checkInstance(cloud, instanceId)
    const chosen = instanceId === undefined ? chosenDisks(cloud, fields) : undefined
    if (flag(fields, 'DryRun')) throw refusal('DryRunOperation')

    const disks = chosen ?? (await disksOfInstance(cloud, instanceId ?? '', name))
    // The name was free before the bytes were copied; another call may have taken it since.
    checkImageName(cloud, name)
    const platform = text(fields, 'Platform') ?? 'Others Linux'
    cloud.state.images[id] = {
      id,
      owner: 'self',
      name,
      description: text(fields, 'Description') ?? '',
      family: text(fields, 'ImageFamily') ?? '',
      version: text(fields, 'ImageVersion') ?? '',
      osName: platform,
      platform,
      architecture: text(fields, 'Architecture') ?? 'x86_64',
      bootMode: text(fields, 'BootMode') ?? 'BIOS',
      status: 'Creating',
      due: cloud.after(DELAYS_MS.image),
      disks,
      createdAt: cloud.now(),
      tags,
    }
    return { ImageId: id }
  },
}

function disksOf(cloud: Cloud, instanceId: string) {
  return Object.values(cloud.state.disks)
    .filter((disk) => disk.instanceId === instanceId && disk.status === 'In_use')
    .sort((a, b) => (a.device ?? '').localeCompare(b.device ?? ''))
}

function checkInstance(cloud: Cloud, instanceId: string): void {
  const instance = cloud.state.instances[instanceId]
  if (!instance) throw refusal('InvalidInstanceId.NotFound')
  if (instance.status !== 'Running' && instance.status !== 'Stopped') {
    throw refusal('IncorrectInstanceStatus', { status: 400 })
  }
  for (const disk of disksOf(cloud, instanceId)) checkSnapshot(cloud, disk)
}

async function disksOfInstance(cloud: Cloud, instanceId: string, imageName: string): Promise<ImageDisk[]> {
  const disks = disksOf(cloud, instanceId)
  const facts = {
    name: imageName,
    description: `Created for image ${imageName}`,
    retentionDays: undefined,
    tags: {},
  }
  const snapshots = await takeSnapshots(cloud, disks, facts)
  return disks.map((disk, index) => {
    const { sizeGiB, device = '' } = disk
    const role = isBootDisk(disk) ? 'system' : 'data'
    const snapshotId = snapshots[index]?.id
    return { device, role, sizeGiB, ...(snapshotId === undefined ? {} : { snapshotId }) }
  })
}

function chosenDisks(cloud: Cloud, fields: Fields): ImageDisk[] {
  const mappings = groups(fields, 'DiskDeviceMapping')
  if (mappings.length > 0) return mappedDisks(cloud, mappings)
  const snapshotId = text(fields, 'SnapshotId')
  if (snapshotId === undefined) throw missing('InstanceId')
  const snapshot = readySnapshot(cloud, snapshotId)
  if (snapshot.diskRole !== 'system') {
    throw refusal('OperationDenied', { message: 'The specified snapshot is not from system disk.' })
  }
  return [{ device: '/dev/xvda', role: 'system', sizeGiB: snapshot.sizeGiB, snapshotId }]
}

function mappedDisks(cloud: Cloud, mappings: readonly Fields[]): ImageDisk[] {
  const letters = [...'bcdefghijklmnopqrstuvwxyz']
  const disks = mappings.map((mapping) => {
    const snapshotId = text(mapping, 'SnapshotId')
    const snapshot = snapshotId === undefined ? undefined : readySnapshot(cloud, snapshotId)
    const role = roleOf(mapping, snapshot)
    // As in ECS, a data disk without a name takes the next letter.
    const device =
      text(mapping, 'Device') ?? (role === 'system' ? '/dev/xvda' : `/dev/xvd${letters.shift() ?? ''}`)
    if (!/^\/dev\/xvd[a-z]$/.test(device)) throw refusal('InvalidDevice.Malformed')
    const sizeGiB = count(mapping, 'Size', 1) ?? snapshot?.sizeGiB
    if (sizeGiB === undefined || sizeGiB < (snapshot?.sizeGiB ?? 1))
      throw refusal('InvalidSize.ValueNotSupported')
    if (role === 'system' && snapshot?.diskRole === 'data' && !cloud.settings.whitelistDataDiskImages) {
      throw refusal('UserNotInTheWhiteList')
    }
    return { device, role, sizeGiB, ...(snapshotId === undefined ? {} : { snapshotId }) }
  })
  if (new Set(disks.map(({ device }) => device)).size < disks.length) {
    throw refusal('InvalidDevice.InUse', { status: 400 })
  }
  const systems = disks.filter(({ role, snapshotId }) => role === 'system' && snapshotId !== undefined)
  if (systems.length !== 1) {
    const fault =
      systems.length === 0
        ? 'does not contain system disk snapshot'
        : 'contains two or more system disk snapshots'
    throw refusal('OperationDenied', { status: 400, message: `The specified DiskDeviceMapping ${fault}.` })
  }
  return disks
}

/** What the caller says, else what the device's name says, else what the snapshot was of. */
function roleOf(mapping: Fields, snapshot: Snapshot | undefined): 'system' | 'data' {
  const type = text(mapping, 'DiskType')
  if (type === 'system' || type === 'data') return type
  const device = text(mapping, 'Device')
  if (device !== undefined) return device === '/dev/xvda' ? 'system' : 'data'
  return snapshot?.diskRole ?? 'data'
}
