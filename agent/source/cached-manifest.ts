/**
 * The agent's copy of what the receiver has: a cache that saves asking, believed group by group only where both agree.
 *
 * Rows lie in `disk-N.manifest`, the digests of the groups in `disk-N.groups` beside it. Whoever uses rows of a group
 * checks them against its digest, so a sync of a few blocks changes their rows in place and puts a new small file of
 * groups in place of the old one, however large the disk is. Rows that a crash has left between the two are not
 * believed and asked for.
 */
import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import type { SourceDisk } from '../protocol/control.ts'
import { failpoint } from '../protocol/failpoint.ts'
import { GROUP_BLOCKS } from '../protocol/geometry.ts'
import { log } from '../protocol/log.ts'
import {
  MANIFEST_HEADER_BYTES,
  openManifest,
  readRows,
  rowOffset,
  sealManifest,
} from '../protocol/manifest-file.ts'
import { readGroups, writeGroups } from './cached-groups.ts'

export interface CachedManifest {
  readonly path: string
  readonly generation: number
  readonly groups: Uint8Array
}

type Subject = Pick<SourceDisk, 'index' | 'sizeBytes' | 'identity'>

/** The cached manifest of a disk, or undefined when there is none that can be believed. */
export function readCached(path: string, disk: Subject): CachedManifest | undefined {
  const known = readGroups(path, disk)
  if (known) return { path, ...known }
  const manifest = openManifest(path, disk)
  if ('problem' in manifest) {
    log('info', 'no cached manifest', { disk: disk.index, because: manifest.problem })
    return undefined
  }
  closeSync(manifest.fd)
  return { path, generation: manifest.generation, groups: Uint8Array.from(manifest.groups) }
}

/** Makes an empty file for the next rows; returns its path. */
export function beginNext(path: string): string {
  const fd = openSync(`${path}.next`, 'w', 0o600)
  ftruncateSync(fd, MANIFEST_HEADER_BYTES)
  closeSync(fd)
  return `${path}.next`
}

/** Puts the rows that were gathered in place. */
export function keepNext(path: string, disk: SourceDisk, generation: number, groups: Uint8Array): void {
  sealManifest(path, disk, { generation, groups }, (at) => failpoint(`agent:manifest-${at}`))
  writeGroups(path, disk, generation, groups)
}

/** The same when rows were gathered of these groups only: the others stay as they are. */
export function keepSome(
  path: string,
  disk: SourceDisk,
  generation: number,
  groups: Uint8Array,
  changed: Iterable<number>,
): void {
  const [from, to] = [openSync(`${path}.next`, 'r'), openSync(path, 'r+')]
  try {
    for (const group of changed) {
      const rows = readRows(from, disk.sizeBytes, group, MANIFEST_HEADER_BYTES)
      writeSync(to, rows, 0, rows.length, rowOffset(group * GROUP_BLOCKS))
    }
  } finally {
    closeSync(from)
    closeSync(to)
  }
  writeGroups(path, disk, generation, groups)
  dropNext(path)
}

/** Drops rows that came to nothing. Repeatable. */
export function dropNext(path: string): void {
  rmSync(`${path}.next`, { force: true })
}
