/** Which groups and blocks of a disk a pass compares, and by which digests. */
import { DIGEST_BYTES, digestOf } from '../protocol/digest.ts'
import { GROUP_BLOCKS, groupBlocks } from '../protocol/geometry.ts'
import { MANIFEST_HEADER_BYTES, readRows } from '../protocol/manifest-file.ts'
import type { OpenDisk } from './open-disk.ts'
import { BlockBits } from './tracking/block-bits.ts'

/** Blocks that follow each other, counted within their group. */
export interface Run {
  readonly first: number
  readonly count: number
}

export const digestAt = (groups: Uint8Array, group: number): Uint8Array =>
  groups.subarray(group * DIGEST_BYTES, (group + 1) * DIGEST_BYTES)

export const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** The rows in a file, if they are those of this group digest. */
export function rowsOf(
  fd: number | undefined,
  sizeBytes: number,
  group: number,
  digest: Uint8Array,
): Buffer | undefined {
  const rows = fd === undefined ? undefined : readRows(fd, sizeBytes, group, MANIFEST_HEADER_BYTES)
  return rows?.length === groupBlocks(sizeBytes, group) * DIGEST_BYTES && same(digestOf(rows), digest)
    ? rows
    : undefined
}

/** Whether there may be anything to compare in this group. */
export function isWanted({ disk, pass }: OpenDisk, group: number): boolean {
  if (pass.blocks === null) return true
  const base = group * GROUP_BLOCKS
  const end = base + groupBlocks(disk.source.sizeBytes, group)
  if (new BlockBits(pass.blocks).next(base, end) < end) return true
  return !same(digestAt(new Uint8Array(disk.own), group), digestAt(new Uint8Array(disk.theirs), group))
}

/** The digests of what lies here as last compared, from this order or an earlier one; undefined when they are not known. */
export function knownRows({ disk, next, cached }: OpenDisk, group: number): Buffer | undefined {
  const { sizeBytes } = disk.source
  const digest = digestAt(new Uint8Array(disk.own), group)
  return rowsOf(next, sizeBytes, group, digest) ?? rowsOf(cached, sizeBytes, group, digest)
}

/**
 * What is to be compared in a group: blocks that may have been written, and those of which the receiver has another
 * digest than was found here last. Without knowing what was found, everything is.
 */
export function runsOf(
  { disk, pass }: OpenDisk,
  group: number,
  known: Uint8Array | undefined,
  theirs: Uint8Array,
  most: number,
): Iterable<Run> {
  const blocks = groupBlocks(disk.source.sizeBytes, group)
  const wanted = BlockBits.empty(GROUP_BLOCKS)
  if (pass.blocks === null || known === undefined) wanted.addRange(0, blocks)
  else {
    wanted.addAll(
      new BlockBits(pass.blocks.subarray((group * GROUP_BLOCKS) / 8, ((group + 1) * GROUP_BLOCKS) / 8)),
    )
    if (!same(known, theirs))
      for (let block = 0; block < blocks; block++)
        if (!same(digestAt(known, block), digestAt(theirs, block))) wanted.add(block)
  }
  return wanted.runs(0, blocks, most)
}
