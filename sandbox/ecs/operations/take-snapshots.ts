import { copyForSnapshot, diskFile, sealSnapshot, snapshotFile } from '../bytes.ts'
import type { Cloud } from '../cloud.ts'
import { refusal } from '../errors.ts'
import { DELAYS_MS } from '../life.ts'
import { signalMachine } from '../machine.ts'
import type { Disk, Snapshot, TagMap } from '../state.ts'

/** What a snapshot is given besides its disk. */
interface SnapshotFacts {
  readonly name: string
  readonly description: string
  readonly retentionDays: number | undefined
  readonly tags: TagMap
}

/** Refuses what cannot be snapshotted now. */
export function checkSnapshot(cloud: Cloud, disk: Disk): void {
  const instance = cloud.state.instances[disk.instanceId ?? '']
  if (disk.status !== 'In_use' && disk.status !== 'Available') throw refusal('IncorrectDiskStatus')
  if (disk.attachedAt === undefined) throw refusal('IncorrectDiskStatus.NeverAttached')
  if (instance && instance.status !== 'Running' && instance.status !== 'Stopped') {
    throw refusal('IncorrectInstanceStatus')
  }
  const snapshots = Object.values(cloud.state.snapshots).filter(({ diskId }) => diskId === disk.id)
  if (snapshots.some(({ status }) => status === 'progressing'))
    throw refusal('IncorrectDiskStatus.CreatingSnapshot')
  if (snapshots.length >= cloud.settings.quotas.snapshotsPerDisk) throw refusal('QuotaExceed.Snapshot')
}

/**
 * Takes snapshots of disks at one instant, that of the call: the machine that writes to them stands still while they
 * are copied, and the call is answered after. Making the copies durable goes on in the background, and only then is
 * a snapshot accomplished. The record comes first, so that a copy cut short by a crash is known as failed.
 */
export async function takeSnapshots(
  cloud: Cloud,
  disks: readonly Disk[],
  facts: SnapshotFacts,
): Promise<Snapshot[]> {
  const { home } = cloud.settings
  for (const disk of disks) checkSnapshot(cloud, disk)
  const snapshots = disks.map((disk) => addSnapshot(cloud, disk, facts))
  await cloud.commit()

  const instance = cloud.state.instances[disks[0]?.instanceId ?? '']
  if (instance) signalMachine(home, instance, 'SIGSTOP')
  try {
    for (const { id, diskId } of snapshots)
      await copyForSnapshot(diskFile(home, diskId), snapshotFile(home, id))
  } catch (error) {
    for (const snapshot of snapshots) snapshot.status = 'failed'
    throw error
  } finally {
    if (instance) signalMachine(home, instance, 'SIGCONT')
  }
  for (const snapshot of snapshots) cloud.inBackground(() => seal(cloud, snapshot))
  return snapshots
}

function addSnapshot(cloud: Cloud, disk: Disk, facts: SnapshotFacts): Snapshot {
  const { retentionDays, ...given } = facts
  const snapshot: Snapshot = {
    id: cloud.newId('s'),
    ...given,
    diskId: disk.id,
    diskRole: disk.role,
    sizeGiB: disk.sizeGiB,
    status: 'progressing',
    due: cloud.after(DELAYS_MS.snapshot),
    isCopied: false,
    createdAt: cloud.now(),
    changedAt: cloud.now(),
    ...(retentionDays === undefined ? {} : { retentionDays }),
  }
  cloud.state.snapshots[snapshot.id] = snapshot
  return snapshot
}

async function seal(cloud: Cloud, snapshot: Snapshot): Promise<void> {
  try {
    await sealSnapshot(snapshotFile(cloud.settings.home, snapshot.id))
    snapshot.isCopied = true
  } catch (error) {
    // A failed fsync is not tried again: which bytes are lost is unknown.
    snapshot.status = 'failed'
    process.emitWarning(error instanceof Error ? error : String(error))
  }
}
