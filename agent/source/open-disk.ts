/** The files that a thread of an order works with for one disk. */
import { closeSync, openSync } from 'node:fs'
import { Extents } from './extents.ts'
import type { ThreadDisk } from './order-messages.ts'
import { PageRows } from './page-rows.ts'

/** A disk of the order while this thread works on it. */
export interface OpenDisk {
  readonly place: number
  readonly disk: ThreadDisk
  readonly extents: Extents
  readonly next: number | undefined
  readonly cached: number | undefined
  /** Undefined: blocks go whole. */
  readonly pages: PageRows | undefined
  /** What is compared was compared before. */
  readonly isAgain: boolean
}

export function openDisk(place: number, disk: ThreadDisk, isAgain = false): OpenDisk {
  return {
    place,
    disk,
    extents: new Extents(disk.source),
    next: disk.next === undefined ? undefined : openSync(disk.next, 'r+'),
    cached: disk.cached && openSync(disk.cached.path, 'r'),
    pages: isAgain || disk.pages === undefined ? undefined : new PageRows(disk.pages),
    isAgain,
  }
}

export function closeDisk({ extents, next, cached, pages }: OpenDisk): void {
  extents.close()
  if (next !== undefined) closeSync(next)
  if (cached !== undefined) closeSync(cached)
  pages?.close()
}
