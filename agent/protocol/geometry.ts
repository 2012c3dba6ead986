/** How a disk divides into blocks and groups, and the digests that name its content. */
import { DIGEST_BYTES, digestOf, toHex } from './digest.ts'

/** The unit of comparison on a disk, in bytes. Offsets of blocks are multiples of it; a disk's last block may be shorter. */
export const BLOCK_BYTES = 65_536
/** Blocks of a group: 64 MiB of disk, 32 KiB of manifest. */
export const GROUP_BLOCKS = 1024
export const GROUP_BYTES = GROUP_BLOCKS * BLOCK_BYTES

export const blocksOf = (sizeBytes: number): number => Math.ceil(sizeBytes / BLOCK_BYTES)
export const groupsOf = (sizeBytes: number): number => Math.ceil(sizeBytes / GROUP_BYTES)

/** Bytes of one block: the disk's last may be shorter. */
export const blockBytes = (sizeBytes: number, block: number): number =>
  Math.min(BLOCK_BYTES, sizeBytes - block * BLOCK_BYTES)

/** Blocks of one group: the disk's last may hold fewer. */
export const groupBlocks = (sizeBytes: number, group: number): number =>
  Math.min(GROUP_BLOCKS, blocksOf(sizeBytes) - group * GROUP_BLOCKS)

const ZEROS = Buffer.alloc(BLOCK_BYTES)
const zeroDigests = new Map<number, Uint8Array>()

/** Zeros to write or to compare with; never write into it. */
export const zeros = (bytes: number): Buffer => ZEROS.subarray(0, bytes)

/** The digest of a block of zeros. */
export function zeroDigest(bytes: number = BLOCK_BYTES): Uint8Array {
  const known = zeroDigests.get(bytes) ?? digestOf(zeros(bytes))
  zeroDigests.set(bytes, known)
  return known
}

/** Whether a block holds nothing but zeros. The first byte answers for most blocks that do not. */
export const isZero = (block: Buffer): boolean => block[0] === 0 && block.equals(zeros(block.length))

/** The digests of a group on a blank disk, concatenated. */
export function blankRows(sizeBytes: number, group: number): Buffer {
  const blocks = groupBlocks(sizeBytes, group)
  const rows = Buffer.alloc(blocks * DIGEST_BYTES)
  for (let i = 0; i < blocks; i++)
    rows.set(zeroDigest(blockBytes(sizeBytes, group * GROUP_BLOCKS + i)), i * DIGEST_BYTES)
  return rows
}

const ROOT_TAG = Buffer.from('ferry manifest root 1\0')

/** The root: names the whole disk's content. `groups`: the concatenated group digests. Lower-case hex. */
export function rootOf(sizeBytes: number, groups: Uint8Array): string {
  const shape = Buffer.alloc(12)
  shape.writeBigUInt64LE(BigInt(sizeBytes), 0)
  shape.writeUInt32LE(BLOCK_BYTES, 8)
  return toHex(digestOf(Buffer.concat([ROOT_TAG, shape, groups])))
}
