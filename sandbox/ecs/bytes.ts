import { execFile } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { chmod, open, rename, truncate } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { syncFolder } from './store.ts'

const run = promisify(execFile)
const GIB = 1024 ** 3

/** Where a disk's bytes lie: a sparse file of the disk's full size, which machines write to. */
export function diskFile(home: string, diskId: string): string {
  return join(home, 'disks', `${diskId}.raw`)
}

/**
 * Where a snapshot's bytes lie, once it is accomplished: a copy that nothing changes any more. An image is its
 * snapshots: DescribeImages names them (`DiskDeviceMappings`), so an image's bytes are proven from these files.
 */
export function snapshotFile(home: string, snapshotId: string): string {
  return join(home, 'snapshots', `${snapshotId}.raw`)
}

/** Makes an empty disk. It takes no space until something is written. */
export async function makeEmptyDisk(path: string, sizeGiB: number): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.truncate(sizeGiB * GIB)
  } finally {
    await file.close()
  }
}

/** Makes a disk of a snapshot's bytes; what the disk has more is a hole. */
export async function makeDiskFrom(snapshot: string, path: string, sizeGiB: number): Promise<void> {
  await copySparse(snapshot, `${path}.part`)
  await chmod(`${path}.part`, 0o644)
  await truncate(`${path}.part`, sizeGiB * GIB)
  await rename(`${path}.part`, path)
}

/**
 * Copies a disk as it is now, beside its final name. Sharing extents (reflink) where the file system can; else byte
 * by byte, leaving out holes, which Node cannot find by itself: hence `cp`. Never a link: later writes would show.
 */
export async function copyForSnapshot(disk: string, snapshot: string): Promise<void> {
  await copySparse(disk, `${snapshot}.part`)
}

/** Gives a copy its final name once it is durable. Only then may the snapshot be called accomplished. */
export async function sealSnapshot(snapshot: string): Promise<void> {
  const file = await open(`${snapshot}.part`, 'r+')
  try {
    await file.sync()
    await file.chmod(0o444)
  } finally {
    await file.close()
  }
  await rename(`${snapshot}.part`, snapshot)
  await syncFolder(dirname(snapshot))
}

async function copySparse(from: string, to: string): Promise<void> {
  await run('cp', ['--reflink=auto', '--sparse=auto', '--', from, to])
}

/** Removes what a crash left: copies cut short, and files of disks and snapshots that were never acknowledged. */
export function removeStrays(home: string, known: { disks: object; snapshots: object }): void {
  for (const kind of ['disks', 'snapshots'] as const) {
    for (const name of readdirSync(join(home, kind))) {
      const id = /^([ds]-[0-9a-z]+)\.raw$/.exec(name)?.[1]
      const isStray = name.endsWith('.raw.part') || (id !== undefined && !(id in known[kind]))
      if (isStray) rmSync(join(home, kind, name))
    }
  }
}
