/**
 * Blocks of which only the changed pages came: the others are as they lie on the disk. Whether that gives the block
 * that the agent has is known by its digest alone, whatever agent and receiver believe of each other.
 */
import { readSync } from 'node:fs'
import { PAGE_BYTES } from '../protocol/aligned.ts'
import { pagesIn, payloadBytesOf, type BatchEntry } from '../protocol/batch.ts'
import { BLOCK_BYTES } from '../protocol/geometry.ts'
import { digestOf } from '../protocol/digest.ts'
import type { CheckedBatch } from './check-batch.ts'
import { readAhead } from './read-ahead.ts'

interface Piece {
  readonly entry: BatchEntry
  /** Its changed pages, one after the other. */
  readonly pages: Buffer
}

function piecesOf(batch: CheckedBatch): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const entry of batch.entries) {
    const bytes = payloadBytesOf(entry)
    if (entry.kind === 'pages') pieces.push({ entry, pages: batch.raw.subarray(at, at + bytes) })
    at += bytes
  }
  return pieces
}

/** Whether the block is what its digest says once its pages are put in. `memory` is as large as a block. */
function gives(fd: number, { entry, pages }: Piece, memory: Buffer): boolean {
  const bytesRead = readSync(fd, memory, 0, BLOCK_BYTES, entry.block * BLOCK_BYTES)
  for (const [i, page] of pagesIn(entry.pages ?? 0).entries())
    pages.copy(memory, page * PAGE_BYTES, i * PAGE_BYTES, (i + 1) * PAGE_BYTES)
  return bytesRead === BLOCK_BYTES && Buffer.compare(digestOf(memory), entry.digest) === 0
}

/**
 * Blocks that are not what their digests say once their pages are put in: nothing of them may be written. What was
 * written before must be on the disk, or in its page cache, already.
 */
export async function lackingBlocks(fd: number, batch: CheckedBatch): Promise<ReadonlySet<number>> {
  const pieces = piecesOf(batch)
  if (pieces.length === 0) return new Set()
  const offsets = pieces.map(({ entry }) => entry.block * BLOCK_BYTES)
  await readAhead(fd, offsets, BLOCK_BYTES)
  const memory = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  return new Set(pieces.filter((piece) => !gives(fd, piece, memory)).map(({ entry }) => entry.block))
}
