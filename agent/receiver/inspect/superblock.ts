/** Tells what lies in a partition by its superblock, and whether that looks sound. */
import type { Partition, ReadAt } from '../../protocol/partition-table.ts'

interface Superblock {
  readonly kind: 'ext' | 'xfs' | 'btrfs' | 'swap' | 'lvm' | 'fat' | 'unknown' | 'empty'
  /** Null: nothing can be said from the superblock alone. */
  readonly ok: boolean | null
  readonly detail: string
  /** An ext file system whose journal holds changes that a mount will apply. */
  readonly needsReplay: boolean
}

const EXT_CLEAN = 1
const EXT_ERRORS = 2
const EXT_64BIT = 0x80
const EXT_NEEDS_RECOVERY = 0x4

function ext(block: Buffer, partition: Partition): Superblock {
  const high = block.readUInt32LE(0x60) & EXT_64BIT ? block.readUInt32LE(0x150) : 0
  const bytes = (high * 2 ** 32 + block.readUInt32LE(0x4)) * (1024 << block.readUInt32LE(0x18))
  const state = block.readUInt16LE(0x3a)
  const needsReplay = (block.readUInt32LE(0x60) & EXT_NEEDS_RECOVERY) !== 0
  const say = (ok: boolean | null, detail: string): Superblock => ({ kind: 'ext', ok, detail, needsReplay })
  if (bytes > partition.bytes)
    return say(false, `the file system has ${bytes} bytes, its partition only ${partition.bytes}`)
  if (state & EXT_ERRORS) return say(false, 'the file system is marked as having errors')
  if (needsReplay)
    return say(true, 'in use when it was copied; its journal brings it to a sound state when mounted')
  if (!(state & EXT_CLEAN)) return say(null, 'it was not unmounted cleanly')
  return say(true, 'unmounted cleanly')
}

/** Reads the superblock of a partition. Never throws for what lies there. */
export function readSuperblock(read: ReadAt, partition: Partition): Superblock {
  const at = (offset: number, bytes: number): Buffer => {
    const got = read(partition.offset + offset, bytes)
    return got.length === bytes ? got : Buffer.concat([got, Buffer.alloc(bytes - got.length)])
  }
  const text = (offset: number, bytes: number): string => at(offset, bytes).toString('latin1')
  const found = (kind: Superblock['kind'], detail: string): Superblock => ({
    kind,
    ok: null,
    detail,
    needsReplay: false,
  })
  const block = at(1024, 1024)
  if (block.readUInt16LE(0x38) === 0xef53) return ext(block, partition)
  if (text(0, 4) === 'XFSB') return found('xfs', 'an XFS file system')
  if (text(65_536 + 64, 8) === '_BHRfS_M') return found('btrfs', 'a btrfs file system')
  if (['SWAPSPACE2', 'SWAP-SPACE'].includes(text(4086, 10))) return found('swap', 'swap space')
  if (text(512, 8) === 'LABELONE') return found('lvm', 'an LVM physical volume')
  if (text(54, 3) === 'FAT' || text(82, 3) === 'FAT') return found('fat', 'a FAT file system')
  const start = at(0, 65_536)
  return start.equals(Buffer.alloc(65_536))
    ? found('empty', 'nothing but zeros')
    : found('unknown', 'not recognised')
}
