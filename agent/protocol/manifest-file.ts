/**
 * A manifest on disk: what every block of one disk held when its generation was written. Immutable once in place.
 *
 *   0    magic `FERRYMAN`    8    version u32      12  block bytes u32    16  size in bytes u64
 *   24   generation u32      32   BLAKE3 of the disk's identity           64  root
 *   96   BLAKE3 of all that  128  one digest per block
 *
 * Integers are little-endian. A row of zeros (no digest is that) says: unknown, never equal to anything. A file is
 * believed only whole: the root must follow from its rows, so a torn or altered file is refused, never misread.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { DIGEST_BYTES, digestOf, toHex } from './digest.ts'
import { syncDirectory } from './durable.ts'
import { BLOCK_BYTES, blocksOf, GROUP_BLOCKS, groupBlocks, groupsOf, rootOf } from './geometry.ts'

const MAGIC = Buffer.from('FERRYMAN')
const VERSION = 1
const CHECKED_BYTES = 96

/** Where the rows begin in the file. */
export const MANIFEST_HEADER_BYTES = CHECKED_BYTES + DIGEST_BYTES

/** What a manifest is of: the disk's identity in words, and its size in bytes. */
export interface ManifestSubject {
  readonly identity: string
  readonly sizeBytes: number
}

/** Where a block's row lies in the file. */
export const rowOffset = (block: number): number => MANIFEST_HEADER_BYTES + block * DIGEST_BYTES

/** A manifest that was read and believed. Close `fd` when done. */
interface ManifestFile {
  readonly fd: number
  readonly generation: number
  readonly root: string
  /** Concatenated group digests. */
  readonly groups: Buffer
}

const header = (subject: ManifestSubject, generation: number, root: string): Buffer => {
  const bytes = Buffer.alloc(MANIFEST_HEADER_BYTES)
  MAGIC.copy(bytes, 0)
  bytes.writeUInt32LE(VERSION, 8)
  bytes.writeUInt32LE(BLOCK_BYTES, 12)
  bytes.writeBigUInt64LE(BigInt(subject.sizeBytes), 16)
  bytes.writeUInt32LE(generation, 24)
  bytes.set(digestOf(Buffer.from(subject.identity)), 32)
  bytes.write(root, 64, 'hex')
  bytes.set(digestOf(bytes.subarray(0, CHECKED_BYTES)), CHECKED_BYTES)
  return bytes
}

/** The digests of one group, from a file whose rows begin at `start`. Fewer bytes come back if the file ends early. */
export function readRows(fd: number, sizeBytes: number, group: number, start: number): Buffer {
  const rows = Buffer.allocUnsafe(groupBlocks(sizeBytes, group) * DIGEST_BYTES)
  return rows.subarray(0, readSync(fd, rows, 0, rows.length, start + group * GROUP_BLOCKS * DIGEST_BYTES))
}

/** The group digests that follow from the rows in a file, concatenated. */
export function groupDigests(fd: number, sizeBytes: number, start: number): Buffer {
  const groups = Buffer.alloc(groupsOf(sizeBytes) * DIGEST_BYTES)
  for (let group = 0; group < groupsOf(sizeBytes); group++)
    groups.set(digestOf(readRows(fd, sizeBytes, group, start)), group * DIGEST_BYTES)
  return groups
}

function believed(fd: number, subject: ManifestSubject): ManifestFile | { readonly problem: string } {
  const head = Buffer.alloc(MANIFEST_HEADER_BYTES)
  if (readSync(fd, head, 0, head.length, 0) < head.length) return { problem: 'its header is cut off' }
  if (!head.subarray(0, 8).equals(MAGIC)) return { problem: 'it is not a manifest' }
  const version = head.readUInt32LE(8)
  if (version !== VERSION) return { problem: `it is of version ${version}, this program reads ${VERSION}` }
  if (!head.subarray(CHECKED_BYTES).equals(digestOf(head.subarray(0, CHECKED_BYTES))))
    return { problem: 'its header is damaged' }
  if (head.readUInt32LE(12) !== BLOCK_BYTES) return { problem: 'it is of another block size' }
  if (head.readBigUInt64LE(16) !== BigInt(subject.sizeBytes))
    return { problem: 'it is of a disk of another size' }
  if (!head.subarray(32, 64).equals(digestOf(Buffer.from(subject.identity))))
    return { problem: 'it is of another disk' }
  if (fstatSync(fd).size !== rowOffset(blocksOf(subject.sizeBytes)))
    return { problem: 'it is cut off or too long' }
  const groups = groupDigests(fd, subject.sizeBytes, MANIFEST_HEADER_BYTES)
  const root = rootOf(subject.sizeBytes, groups)
  if (root !== toHex(head.subarray(64, 96))) return { problem: 'its rows do not give its root' }
  return { fd, generation: head.readUInt32LE(24), root, groups }
}

/** Opens a manifest and checks all of it. A sentence says why it is not to be believed; then the disk must be read. */
export function openManifest(
  path: string,
  subject: ManifestSubject,
): ManifestFile | { readonly problem: string } {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return { problem: 'there is none' }
  }
  let result: ManifestFile | { readonly problem: string } = { problem: 'it cannot be read' }
  try {
    result = believed(fd, subject)
  } catch (problem) {
    result = { problem: `it cannot be read: ${problem instanceof Error ? problem.message : String(problem)}` }
  } finally {
    if ('problem' in result) closeSync(fd)
  }
  return result
}

/** The two places where a crash while putting a manifest in place is worth a test. */
type ManifestStep = 'fsync:before' | 'rename:before' | 'rename:after'

/**
 * Puts the manifest in place whose rows already lie in `<path>.next` behind room for the header.
 * Repeatable until it returns; after a crash either the old or the new one is there.
 */
export function sealManifest(
  path: string,
  subject: ManifestSubject,
  content: { readonly generation: number; readonly groups: Uint8Array },
  step: (at: ManifestStep) => void,
): string {
  const root = rootOf(subject.sizeBytes, content.groups)
  const fd = openSync(`${path}.next`, 'r+')
  try {
    writeSync(fd, header(subject, content.generation, root), 0, MANIFEST_HEADER_BYTES, 0)
    step('fsync:before')
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  step('rename:before')
  renameSync(`${path}.next`, path)
  syncDirectory(dirname(path))
  step('rename:after')
  return root
}
