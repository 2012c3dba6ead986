/** What a server may have written between two syncs. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { Noise } from './noise.ts'

/**
 * `c0` nothing; `c1` and `c5` one and five in a hundred blocks of 64 KiB, anywhere; `db4k` a database that writes
 * 4 KiB pages into the lower half of the disk, four of five writes into a fifth of it (20,000 for 8 GiB).
 */
export const PATTERNS = ['c0', 'c1', 'c5', 'db4k'] as const
export type Pattern = (typeof PATTERNS)[number]

const KIB = 1024
const BLOCK_BYTES = 64 * KIB
const PAGE_BYTES = 4 * KIB
const GIB = 1024 ** 3
/** Page writes per byte of disk. */
const PAGE_WRITES = 20_000 / (8 * GIB)

export interface Region {
  readonly offset: number
  readonly length: number
}

function blocks(share: number, sizeBytes: number, noise: Noise): Region[] {
  const all = Math.floor(sizeBytes / BLOCK_BYTES)
  const chosen = new Set<number>()
  while (chosen.size < Math.round(all * share)) chosen.add(noise.below(all))
  return [...chosen].map((block) => ({ offset: block * BLOCK_BYTES, length: BLOCK_BYTES }))
}

/** The blocks come from `where`, so that rounds that share it write into the same ones; the page within from `noise`. */
function pages(sizeBytes: number, where: Noise, noise: Noise): Region[] {
  const all = Math.floor(sizeBytes / 2 / BLOCK_BYTES)
  const hot = Math.floor(all / 5)
  const chosen = new Map<number, Region>()
  for (let i = 0; i < sizeBytes * PAGE_WRITES; i++) {
    const block = where.below(5) < 4 ? where.below(hot) : hot + where.below(all - hot)
    const offset = block * BLOCK_BYTES + noise.below(BLOCK_BYTES / PAGE_BYTES) * PAGE_BYTES
    chosen.set(offset, { offset, length: PAGE_BYTES })
  }
  return [...chosen.values()]
}

/** Where a pattern writes on a disk of this size in this round, in the order of the disk. */
export function regionsOf(pattern: Pattern, sizeBytes: number, round: number): Region[] {
  const noise = new Noise(`${pattern} ${round}`)
  const regions = {
    c0: () => [],
    c1: () => blocks(0.01, sizeBytes, noise),
    c5: () => blocks(0.05, sizeBytes, noise),
    db4k: () => pages(sizeBytes, new Noise('tablespace'), noise),
  }[pattern]()
  return regions.sort((one, other) => one.offset - other.offset)
}

/** What was there before, to be put back elsewhere. */
interface Former {
  readonly regions: readonly Region[]
  readonly bytes: Buffer
}

/** Overwrites the regions with bytes that nothing compresses. */
export function change(path: string, regions: readonly Region[], seed: string): Former {
  const noise = new Noise(seed)
  const bytes = Buffer.allocUnsafeSlow(regions.reduce((sum, { length }) => sum + length, 0))
  const fd = openSync(path, 'r+')
  let at = 0
  for (const { offset, length } of regions) {
    readSync(fd, bytes, at, length, offset)
    writeSync(fd, noise.bytes(length), 0, length, offset)
    at += length
  }
  closeSync(fd)
  return { regions, bytes }
}

/** Writes what was there before. */
export function putBack(path: string, { regions, bytes }: Former): void {
  const fd = openSync(path, 'r+')
  let at = 0
  for (const { offset, length } of regions) {
    writeSync(fd, bytes, at, length, offset)
    at += length
  }
  closeSync(fd)
}

/** Makes `target` the same there. */
export function copyRegions(source: string, target: string, regions: readonly Region[]): void {
  const [from, to] = [openSync(source, 'r'), openSync(target, 'r+')]
  for (const { offset, length } of regions) {
    const bytes = Buffer.alloc(length)
    readSync(from, bytes, 0, length, offset)
    writeSync(to, bytes, 0, length, offset)
  }
  closeSync(from)
  closeSync(to)
}
