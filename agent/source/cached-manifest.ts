/** The agent's copy of what the receiver has: a cache that saves asking, believed group by group only where both agree. */
import { closeSync, ftruncateSync, openSync, rmSync } from 'node:fs'
import type { SourceDisk } from '../protocol/control.ts'
import { failpoint } from '../protocol/failpoint.ts'
import { log } from '../protocol/log.ts'
import { MANIFEST_HEADER_BYTES, openManifest, sealManifest } from '../protocol/manifest-file.ts'

export interface CachedManifest {
  readonly path: string
  readonly generation: number
  readonly groups: Uint8Array
}

/** The cached manifest of a disk, or undefined when there is none that can be believed. */
export function readCached(
  path: string,
  disk: Pick<SourceDisk, 'index' | 'sizeBytes' | 'identity'>,
): CachedManifest | undefined {
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
}

/** Drops rows that came to nothing. Repeatable. */
export function dropNext(path: string): void {
  rmSync(`${path}.next`, { force: true })
}
