/** Compares the blocks of one extent with the digests that the receiver has of them. */
import { DIGEST_BYTES, digestOf } from '../protocol/digest.ts'
import { BLOCK_BYTES, isZero, zeroDigest } from '../protocol/geometry.ts'
import type { BatchEntry } from '../protocol/batch.ts'

/** The digests of a group: what the receiver has, and what lies here, which this fills in. */
export interface GroupRows {
  readonly theirs: Uint8Array
  readonly own: Uint8Array
}

/**
 * Walks the blocks of `extent`, which begins at `first` (counted within the group; `base` is the group's first block
 * on the disk), and tells of each that differs, with the digest that the receiver has of it.
 */
export function compareExtent(
  extent: Buffer,
  base: number,
  first: number,
  rows: GroupRows,
  changed: (entry: BatchEntry, bytes: Buffer, theirs: Uint8Array) => void,
): void {
  for (let at = 0, i = first; at < extent.length; at += BLOCK_BYTES, i++) {
    const bytes = extent.subarray(at, Math.min(at + BLOCK_BYTES, extent.length))
    const zero = isZero(bytes)
    const digest = zero ? zeroDigest(bytes.length) : digestOf(bytes)
    if (isNews(digest, i, rows))
      changed(
        { block: base + i, kind: zero ? 'zero' : 'data', length: bytes.length, digest },
        bytes,
        rowAt(rows.theirs, i),
      )
  }
}

/** The same for blocks of a hole, which hold zeros and were not read. */
export function compareHole(
  bytes: number,
  base: number,
  first: number,
  rows: GroupRows,
  changed: (entry: BatchEntry) => void,
): void {
  for (let at = 0, i = first; at < bytes; at += BLOCK_BYTES, i++) {
    const length = Math.min(BLOCK_BYTES, bytes - at)
    const digest = zeroDigest(length)
    if (isNews(digest, i, rows)) changed({ block: base + i, kind: 'zero', length, digest })
  }
}

const rowAt = (rows: Uint8Array, block: number): Uint8Array =>
  rows.subarray(block * DIGEST_BYTES, (block + 1) * DIGEST_BYTES)

/** Notes the digest of a block and tells whether the receiver has another. */
function isNews(digest: Uint8Array, block: number, { own, theirs }: GroupRows): boolean {
  own.set(digest, block * DIGEST_BYTES)
  return Buffer.compare(digest, rowAt(theirs, block)) !== 0
}
