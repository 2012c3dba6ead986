import { diskFile, makeDiskFrom, makeEmptyDisk, snapshotFile } from '../bytes.ts'
import type { Cloud } from '../cloud.ts'
import { refusal } from '../errors.ts'
import { isBootDisk } from '../state.ts'
import type { Disk, TagMap } from '../state.ts'

/** Data disks that one instance takes. */
const MOST_DATA_DISKS = 16
const LARGEST_GIB = 32_768

/** What a new disk is to be; `sourceSnapshotId` gives it its bytes. */
export interface NewDisk {
  readonly role: 'system' | 'data'
  readonly name: string
  readonly description: string
  readonly category: string
  readonly performanceLevel: string
  readonly sizeGiB: number
  readonly sourceSnapshotId: string | undefined
  readonly zone: string
  readonly imageId?: string
  readonly tags: TagMap
}

/**
 * Makes a disk with its bytes in place, in status Creating. The file comes first: a crash in between leaves a stray
 * file, which the next start removes, and never a disk without bytes.
 */
export async function makeDisk(cloud: Cloud, request: NewDisk): Promise<Disk> {
  const { home } = cloud.settings
  const { sourceSnapshotId, ...facts } = request
  const id = cloud.newId('d')
  const path = diskFile(home, id)
  if (sourceSnapshotId) await makeDiskFrom(snapshotFile(home, sourceSnapshotId), path, request.sizeGiB)
  else await makeEmptyDisk(path, request.sizeGiB)
  const disk: Disk = {
    id,
    ...facts,
    status: 'Creating',
    deleteWithInstance: request.role === 'system',
    createdAt: cloud.now(),
    ...(sourceSnapshotId ? { sourceSnapshotId } : {}),
  }
  cloud.state.disks[id] = disk
  return disk
}

/** Reads a size in GiB and holds it against the snapshot that the disk is made of, whose size is the default. */
export function readSize(cloud: Cloud, size: string | undefined, snapshotId: string | undefined): number {
  const least = snapshotId === undefined ? 1 : readySnapshot(cloud, snapshotId).sizeGiB
  const sizeGiB = Number(size ?? least)
  if (!Number.isInteger(sizeGiB) || sizeGiB < 1 || sizeGiB > LARGEST_GIB) {
    throw refusal('InvalidSize.ValueNotSupported')
  }
  if (sizeGiB < least) throw refusal('InvalidDiskSize.TooSmall')
  return sizeGiB
}

/** A snapshot whose bytes can be used. */
export function readySnapshot(cloud: Cloud, id: string) {
  const snapshot = cloud.state.snapshots[id]
  if (!snapshot) throw refusal('InvalidSnapshotId.NotFound')
  if (snapshot.status !== 'accomplished') throw refusal('InvalidSnapshotId.NotReady')
  return snapshot
}

/** The disk categories that are sold here; the default is that of new accounts. */
export function checkCategory(category = 'cloud_essd'): string {
  const known = ['cloud', 'cloud_efficiency', 'cloud_ssd', 'cloud_essd', 'cloud_auto', 'cloud_essd_entry']
  if (!known.includes(category)) {
    throw refusal('InvalidParameter', { message: `The disk category ${category} is not supported.` })
  }
  return category
}

/** The device name for one more data disk of an instance: the one asked for, or the first free one. */
export function freeDevice(cloud: Cloud, instanceId: string, wanted?: string): string {
  const disks = Object.values(cloud.state.disks).filter((disk) => disk.instanceId === instanceId)
  const taken = new Set(disks.map(({ device }) => device))
  if (disks.filter((disk) => !isBootDisk(disk)).length >= MOST_DATA_DISKS) {
    throw refusal('InstanceDiskLimitExceeded')
  }
  if (wanted !== undefined) {
    if (!/^\/dev\/xvd[b-z]$/.test(wanted)) throw refusal('InvalidDevice.Malformed')
    if (taken.has(wanted)) throw refusal('InvalidDevice.InUse')
    return wanted
  }
  const names = [...'bcdefghijklmnopqrstuvwxyz'].map((letter) => `/dev/xvd${letter}`)
  const free = names.find((name) => !taken.has(name))
  if (free === undefined) throw refusal('InstanceDiskLimitExceeded')
  return free
}
