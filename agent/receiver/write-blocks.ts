/**
 * Puts checked blocks where they belong, in place, with as few writes as their order allows. Past the page cache
 * where that goes: what is written once and not read again would only be copied there and push out other things.
 */
import { write } from 'node:fs'
import { promisify } from 'node:util'
import { PAGE_BYTES } from '../protocol/aligned.ts'
import { writeAll } from '../protocol/durable.ts'
import { errnoOf } from '../protocol/fault.ts'
import { BLOCK_BYTES, zeros } from '../protocol/geometry.ts'
import { pagesIn, payloadBytesOf, type BatchEntry } from '../protocol/batch.ts'
import type { CheckedBatch } from './check-batch.ts'
import { punch } from './punch.ts'

const writeAsync = promisify(write)

/** The disk, through its page cache and, where that goes, past it. */
interface WritableDisk {
  readonly fd: number
  readonly direct: number | undefined
}

/** Writes a run that may go past the page cache. Some disks want more alignment than a page: they get it the other way. */
async function writeDirect(disk: WritableDisk, direct: number, bytes: Buffer, offset: number): Promise<void> {
  try {
    for (let done = 0; done < bytes.length;)
      done += (await writeAsync(direct, bytes, done, bytes.length - done, offset + done)).bytesWritten
  } catch (problem) {
    if (errnoOf(problem) !== 'EINVAL') throw problem
    writeAll(disk.fd, bytes, offset)
  }
}

interface Run {
  readonly offset: number
  readonly from: number
  to: number
}

/** Where the data of an entry belongs: as a whole, or page by page. */
function placesOf(entry: BatchEntry): readonly { readonly offset: number; readonly bytes: number }[] {
  const offset = entry.block * BLOCK_BYTES
  if (entry.kind === 'zero') return []
  if (entry.kind === 'data') return [{ offset, bytes: entry.length }]
  return pagesIn(entry.pages ?? 0).map((page) => ({ offset: offset + page * PAGE_BYTES, bytes: PAGE_BYTES }))
}

/** The data of a batch as runs that follow each other on the disk; blocks that are `lacking` are left out. */
function runsOf(batch: CheckedBatch, lacking: ReadonlySet<number>): Run[] {
  const runs: Run[] = []
  let at = 0
  for (const entry of batch.entries) {
    let from = at
    at += payloadBytesOf(entry)
    if (lacking.has(entry.block)) continue
    for (const { offset, bytes } of placesOf(entry)) {
      const run = runs.at(-1)
      if (run?.to === from && run.offset + run.to - run.from === offset) run.to = from + bytes
      else runs.push({ offset, from, to: from + bytes })
      from += bytes
    }
  }
  return runs
}

/** A run shorter than this is left to the page cache, which writes many of them out at once (measured: 15 to 20 % less for a sync of many). */
const DIRECT_BYTES = 4 * BLOCK_BYTES

/** A run of zeros from this length on is not written but punched: for less the call costs as much. */
const HOLE_BYTES = 4 * BLOCK_BYTES

/** The zeros of a batch as runs that follow each other on the disk. */
function zeroRunsOf({ entries }: CheckedBatch): { readonly offset: number; bytes: number }[] {
  const runs: { readonly offset: number; bytes: number }[] = []
  for (const { block, kind, length } of entries) {
    if (kind !== 'zero') continue
    const offset = block * BLOCK_BYTES
    const run = runs.at(-1)
    if (run && run.offset + run.bytes === offset) run.bytes += length
    else runs.push({ offset, bytes: length })
  }
  return runs
}

async function writeZeros(fd: number, offset: number, bytes: number): Promise<void> {
  if (bytes >= HOLE_BYTES && (await punch(fd, offset, bytes))) return
  for (let done = 0; done < bytes; done += BLOCK_BYTES)
    writeAll(fd, zeros(Math.min(BLOCK_BYTES, bytes - done)), offset + done)
}

/**
 * Writes a batch, but for the blocks that are `lacking`; `isAligned`: its data begins at a page. Zeros are put
 * in too: an agent sends none where the manifest says that there are zeros already.
 */
export async function writeBlocks(
  disk: WritableDisk,
  batch: CheckedBatch,
  isAligned: boolean,
  lacking: ReadonlySet<number>,
): Promise<void> {
  for (const { offset, from, to } of runsOf(batch, lacking)) {
    const bytes = batch.raw.subarray(from, to)
    const isWhole = isAligned && bytes.length >= DIRECT_BYTES && bytes.length % PAGE_BYTES === 0
    if (isWhole && disk.direct !== undefined) await writeDirect(disk, disk.direct, bytes, offset)
    // A copy in memory, for which another thread would cost more than it spares.
    else writeAll(disk.fd, bytes, offset)
  }
  for (const { offset, bytes } of zeroRunsOf(batch)) await writeZeros(disk.fd, offset, bytes)
}
