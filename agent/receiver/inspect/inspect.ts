/** Inspect mode: reads every byte of the disks, says what root they have and how their file systems look, and ends. */
import { closeSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as breath } from 'node:timers/promises'
import type { DiskCheck, ReceiverReport } from '../../protocol/control.ts'
import { DIGEST_BYTES, digestOf } from '../../protocol/digest.ts'
import { asMachineFault, Fault } from '../../protocol/fault.ts'
import { BLOCK_BYTES, GROUP_BYTES, groupsOf, rootOf } from '../../protocol/geometry.ts'
import { log, wordsOf } from '../../protocol/log.ts'
import { openDevice, type DeviceConfig } from '../device.ts'
import type { Home, Identity } from '../home.ts'
import { report, reportUntilTaken } from '../reports.ts'
import { e2fsck } from './e2fsck.ts'
import { readPartitionTable, type Partition, type ReadAt } from '../../protocol/partition-table.ts'
import { readSuperblock } from './superblock.ts'

const READ_BYTES = 1024 * 1024

/** The root of what lies on a disk, read from the first byte to the last. `told` hears how many bytes were read. */
async function rootOfDisk(fd: number, sizeBytes: number, told: (bytes: number) => void): Promise<string> {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  const groups = Buffer.alloc(groupsOf(sizeBytes) * DIGEST_BYTES)
  let rows: Uint8Array[] = []
  for (let offset = 0; offset < sizeBytes; offset += READ_BYTES) {
    const bytes = buffer.subarray(0, Math.min(READ_BYTES, sizeBytes - offset))
    if (readSync(fd, bytes, 0, bytes.length, offset) < bytes.length)
      throw new Fault('RECEIVER_IO', `the disk ends before byte ${offset + bytes.length}`)
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES)
      rows.push(digestOf(bytes.subarray(at, at + BLOCK_BYTES)))
    const end = offset + bytes.length
    if (end % GROUP_BYTES === 0 || end === sizeBytes) {
      groups.set(digestOf(Buffer.concat(rows)), Math.floor(offset / GROUP_BYTES) * DIGEST_BYTES)
      rows = []
    }
    told(bytes.length)
    await breath()
  }
  return rootOf(sizeBytes, groups)
}

async function checkPartition(read: ReadAt, path: string, partition: Partition): Promise<DiskCheck[]> {
  const place = partition.number === 0 ? 'whole disk' : `partition ${partition.number}`
  const { kind, ok, detail, needsReplay } = readSuperblock(read, partition)
  const checks: DiskCheck[] = [{ name: `${place}: ${kind}`, ok, detail }]
  if (kind !== 'ext') return checks
  const checked = await e2fsck(`${place}: e2fsck`, path, partition.offset)
  // Reading only, e2fsck cannot replay the journal of a file system that was copied in use: what it then finds proves nothing.
  const isUnsure = checked.ok === false && needsReplay
  return [
    ...checks,
    isUnsure
      ? { ...checked, ok: null, detail: `before its journal is replayed: ${checked.detail}` }
      : checked,
  ]
}

/** What the file systems of a disk look like. Never throws for what lies there. */
async function checkDisk(fd: number, path: string, sizeBytes: number): Promise<DiskCheck[]> {
  const read: ReadAt = (offset, bytes) => {
    const wanted = Math.max(0, Math.min(bytes, sizeBytes - offset))
    const buffer = Buffer.alloc(wanted)
    return wanted === 0 ? buffer : buffer.subarray(0, readSync(fd, buffer, 0, wanted, offset))
  }
  const { kind, partitions, problem } = readPartitionTable(read, sizeBytes)
  const detail =
    problem ?? `${kind === 'none' ? 'no table' : kind.toUpperCase()}, ${partitions.length} in use`
  const checks: DiskCheck[] = [{ name: 'partition table', ok: problem === undefined, detail }]
  for (const partition of partitions) checks.push(...(await checkPartition(read, path, partition)))
  return checks
}

type InspectedDisk = NonNullable<ReceiverReport['disks']>[number]

async function inspectDisk(
  devices: string,
  disk: DeviceConfig,
  told: (bytes: number) => void,
): Promise<InspectedDisk> {
  const { fd } = openDevice(devices, disk, 'r')
  try {
    const root = await rootOfDisk(fd, disk.sizeBytes, told)
    const checks = await checkDisk(fd, join(devices, disk.device), disk.sizeBytes)
    return { index: disk.index, sizeBytes: disk.sizeBytes, root, checks }
  } finally {
    closeSync(fd)
  }
}

/** Inspects all disks, tells the bot until it took it, and returns. Repeatable: nothing is written. */
export async function inspect(home: Home, identity: Identity, devices: string): Promise<void> {
  let readBytes = 0
  const beat = setInterval(
    () => {
      report(home, identity, { status: 'alive', readBytes }).catch((problem: unknown) =>
        log('warn', 'the bot cannot be told', { because: wordsOf(problem) }),
      )
    },
    Number(process.env['FERRY_HEARTBEAT_MS'] ?? 5000),
  )
  try {
    const disks: InspectedDisk[] = []
    for (const disk of home.config.disks)
      disks.push(await inspectDisk(devices, disk, (bytes) => (readBytes += bytes)))
    await reportUntilTaken(home, identity, { status: 'inspected', disks, readBytes })
  } catch (problem) {
    await reportUntilTaken(home, identity, { status: 'failed', fault: asMachineFault(problem), readBytes })
  } finally {
    clearInterval(beat)
  }
}
