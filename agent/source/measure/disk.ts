/** Measures how fast a disk is read, gently and for a short time. */
import { alignedBuffer } from '../../protocol/aligned.ts'
import { pause } from '../../protocol/bot-client.ts'
import type { SourceDisk } from '../../protocol/control.ts'
import type { SpeedtestResult } from '../../protocol/tasks.ts'
import { EXTENT_BYTES, Extents } from '../extents.ts'

type DiskFound = SpeedtestResult['disks'][number]

/** The most that one disk is read for, in milliseconds. */
const DISK_MS = 3000

/**
 * Reads from the middle of the disk on, where the beginning's file system tables, which everybody has in a cache, are
 * left behind. Gives way after each extent, so that the agent's reports and its server go on. Never throws.
 */
export async function readDisk(disk: SourceDisk, most: number, signal: AbortSignal): Promise<DiskFound> {
  const { index, path, sizeBytes } = disk
  const wanted = Math.min(most, sizeBytes)
  const from = alignedDown(Math.max(0, Math.min(sizeBytes / 2, sizeBytes - wanted)))
  let extents: Extents | undefined
  let done = 0
  let readMs = 0
  try {
    extents = new Extents(disk)
    const target = alignedBuffer(EXTENT_BYTES)
    while (done < wanted && readMs < DISK_MS && !signal.aborted) {
      const bytes = Math.min(EXTENT_BYTES, wanted - done)
      const start = performance.now()
      extents.read(from + done, target.subarray(0, bytes))
      readMs += performance.now() - start
      done += bytes
      await pause(0)
    }
  } catch (problem) {
    const detail = problem instanceof Error ? problem.message.slice(0, 500) : String(problem)
    return { index, path, readBytes: done, bytesPerSecond: null, detail }
  } finally {
    extents?.close()
  }
  if (done === 0) return { index, path, readBytes: 0, bytesPerSecond: null, detail: 'nothing was read' }
  const detail = disk.kind === 'block' ? 'read past the page cache' : 'a file: the page cache helps'
  return { index, path, readBytes: done, bytesPerSecond: (done / Math.max(readMs, 0.01)) * 1000, detail }
}

const alignedDown = (offset: number): number => Math.floor(offset / EXTENT_BYTES) * EXTENT_BYTES
