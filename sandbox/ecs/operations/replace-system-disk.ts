import { diskFile } from '../bytes.ts'
import { refusal } from '../errors.ts'
import { count, group, need } from '../fields.ts'
import { DELAYS_MS } from '../life.ts'
import { isBootDisk } from '../state.ts'
import { isCreatingSnapshot } from './disks.ts'
import { makeDisk } from './make-disk.ts'
import type { Operation } from './operation.ts'
import { imageOf } from './plan-instance.ts'

/**
 * ReplaceSystemDisk: a stopped instance gets a new system disk of an image, and the old one is gone with all that was
 * on it but its snapshots. Its data disks stay as they are, so an image that brings some is refused.
 */
export const REPLACE_SYSTEM_DISK: Operation = {
  name: 'ReplaceSystemDisk',
  required: ['InstanceId', 'ImageId'],
  changes: true,
  token: 'IdempotentParameterMismatch',
  run: async (fields, cloud) => {
    const instance = cloud.state.instances[need(fields, 'InstanceId')]
    if (!instance) throw refusal('InvalidInstanceId.NotFound')
    if (instance.status !== 'Stopped') throw refusal('IncorrectInstanceStatus')
    const image = imageOf(cloud, need(fields, 'ImageId'))
    const [system, ...data] = image.disks
    if (data.some(({ snapshotId }) => snapshotId !== undefined))
      throw refusal('OperationDenied', {
        status: 400,
        message: 'The specified image contains the snapshot of the data disk.',
      })
    const least = system?.sizeGiB ?? 20
    const sizeGiB = count(group(fields, 'SystemDisk'), 'Size', 1) ?? Math.max(40, least)
    if (sizeGiB < least) throw refusal('InvalidSystemDiskSize.LessThanImageSize')
    const old = Object.values(cloud.state.disks).find(
      (disk) => disk.instanceId === instance.id && isBootDisk(disk),
    )
    if (old !== undefined && old.status !== 'In_use') throw refusal('IncorrectDiskStatus')
    if (old !== undefined && isCreatingSnapshot(cloud, old)) throw refusal('DiskCreatingSnapshot')

    const disk = await makeDisk(cloud, {
      role: 'system',
      name: '',
      description: '',
      category: old?.category ?? 'cloud_essd',
      performanceLevel: old?.performanceLevel ?? '',
      sizeGiB,
      sourceSnapshotId: system?.snapshotId,
      zone: instance.zone,
      imageId: image.id,
      tags: {},
    })
    if (old !== undefined) {
      delete cloud.state.disks[old.id]
      cloud.discard(diskFile(cloud.settings.home, old.id))
    }
    Object.assign(disk, {
      instanceId: instance.id,
      device: '/dev/xvda',
      attachedAt: cloud.now(),
      status: 'Attaching',
      due: cloud.after(DELAYS_MS.attaching),
    })
    instance.imageId = image.id
    return { DiskId: disk.id }
  },
}
