/**
 * The digests of a cached manifest's groups, in a file of their own: 32 bytes for 64 MiB of disk.
 *
 *   0   magic `FERRYGRP`   8   version u32   12  generation u32   16  size in bytes u64
 *   24  BLAKE3 of the disk's identity        56  one digest per group, then BLAKE3 of all that
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import type { SourceDisk } from '../protocol/control.ts'
import { DIGEST_BYTES, digestOf } from '../protocol/digest.ts'
import { writeDurably } from '../protocol/durable.ts'
import { blocksOf, groupsOf } from '../protocol/geometry.ts'
import { rowOffset } from '../protocol/manifest-file.ts'

const MAGIC = Buffer.from('FERRYGRP')
const VERSION = 1
const HEADER_BYTES = 56

/** What the groups are of. */
export type GroupsSubject = Pick<SourceDisk, 'sizeBytes' | 'identity'>

const groupsPath = (manifest: string): string => manifest.replace(/\.manifest$/, '.groups')

function header({ sizeBytes, identity }: GroupsSubject, generation: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES)
  MAGIC.copy(bytes)
  bytes.writeUInt32LE(VERSION, 8)
  bytes.writeUInt32LE(generation, 12)
  bytes.writeBigUInt64LE(BigInt(sizeBytes), 16)
  bytes.set(digestOf(Buffer.from(identity)), 24)
  return bytes
}

/** The groups of the manifest at this path; undefined when they are not known, or of another disk. */
export function readGroups(
  manifest: string,
  disk: GroupsSubject,
): { readonly generation: number; readonly groups: Uint8Array } | undefined {
  const path = groupsPath(manifest)
  if (!existsSync(path) || !existsSync(manifest)) return undefined
  const bytes = readFileSync(path)
  const end = HEADER_BYTES + groupsOf(disk.sizeBytes) * DIGEST_BYTES
  if (bytes.length !== end + DIGEST_BYTES) return undefined
  const generation = bytes.readUInt32LE(12)
  const isMine =
    bytes.subarray(0, HEADER_BYTES).equals(header(disk, generation)) &&
    bytes.subarray(end).equals(digestOf(bytes.subarray(0, end))) &&
    statSync(manifest).size === rowOffset(blocksOf(disk.sizeBytes))
  return isMine ? { generation, groups: Uint8Array.from(bytes.subarray(HEADER_BYTES, end)) } : undefined
}

/** Puts them in place, durably. */
export function writeGroups(
  manifest: string,
  disk: GroupsSubject,
  generation: number,
  groups: Uint8Array,
): void {
  const bytes = Buffer.concat([header(disk, generation), groups])
  writeDurably(groupsPath(manifest), Buffer.concat([bytes, digestOf(bytes)]))
}
