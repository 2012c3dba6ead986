/** The files that a thread of an order works with for one disk. */
import { closeSync, openSync } from 'node:fs'
import { Extents } from './extents.ts'
import { HeldBlocks } from './freeze/held-blocks.ts'
import type { PassDisk, ThreadDisk } from './order-messages.ts'
import { PageRows } from './page-rows.ts'

/** A disk of the order while this thread works on it. */
export interface OpenDisk {
  readonly place: number
  readonly disk: ThreadDisk
  readonly pass: PassDisk
  readonly extents: Extents | HeldBlocks
  readonly next: number | undefined
  readonly cached: number | undefined
  /** Undefined: blocks go whole. */
  readonly pages: PageRows | undefined
  /** What is compared was compared before. */
  readonly isAgain: boolean
}

/** How a disk is to be worked with. */
type Wanted = Pick<OpenDisk, 'place' | 'disk' | 'pass' | 'isAgain'> & { readonly isGentle: boolean }

export function openDisk({ place, disk, pass, isAgain, isGentle }: Wanted): OpenDisk {
  // What was read while writes were held cannot be read again, should the receiver ask for blocks whole.
  const isWhole = isAgain || pass.held !== null
  return {
    place,
    disk,
    pass,
    extents: pass.held === null ? new Extents(disk.source, isGentle) : new HeldBlocks(disk.source, pass.held),
    next: disk.next === undefined ? undefined : openSync(disk.next, 'r+'),
    cached: disk.cached && openSync(disk.cached.path, 'r'),
    pages: isWhole || disk.pages === undefined ? undefined : new PageRows(disk.pages),
    isAgain,
  }
}

export function closeDisk({ extents, next, cached, pages }: OpenDisk): void {
  extents.close()
  if (next !== undefined) closeSync(next)
  if (cached !== undefined) closeSync(cached)
  pages?.close()
}
