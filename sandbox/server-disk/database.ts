import { openSync, closeSync, ftruncateSync, writeSync } from 'node:fs'
import { seeded } from './seeded.ts'

/**
 * A data disk that looks like a small database's file: pages of 8 KiB, each with a header, rows that compress and
 * values that do not; whole extents that were never written are holes.
 */
export const PAGE_BYTES = 8192
const EXTENT_BYTES = 1024 * 1024
/** Of 100 extents. */
const WRITTEN = 55

/** Makes the disk. The same seed makes the same bytes. */
export function buildDatabase(path: string, sizeBytes: number, seed: string | number): void {
  const file = openSync(path, 'w')
  try {
    ftruncateSync(file, sizeBytes)
    for (const extent of writtenExtents(sizeBytes, seed)) {
      const source = seeded(seed, `extent ${extent}`)
      const start = extent * EXTENT_BYTES
      const end = Math.min(start + EXTENT_BYTES, sizeBytes)
      const content = source.bytes(end - start)
      for (let at = 0; at < content.length; at += PAGE_BYTES) {
        formatPage(content.subarray(at, at + PAGE_BYTES), (start + at) / PAGE_BYTES, 1)
      }
      writeSync(file, content, 0, content.length, start)
    }
  } finally {
    closeSync(file)
  }
}

/** Rewrites pages that hold data, each at its place, as a database does between two syncs. Returns how many bytes. */
export function changeDatabase(
  path: string,
  disk: { sizeBytes: number; seed: string | number; round: number; pages: number },
): number {
  const { sizeBytes, seed, round, pages } = disk
  const source = seeded(seed, `round ${round}`)
  const extents = writtenExtents(sizeBytes, seed)
  const file = openSync(path, 'r+')
  let changed = 0
  try {
    for (let n = 0; n < pages && extents.length > 0; n += 1) {
      const extent = extents[source.below(extents.length)] ?? 0
      const at = extent * EXTENT_BYTES + source.below(EXTENT_BYTES / PAGE_BYTES) * PAGE_BYTES
      const page = source.bytes(PAGE_BYTES)
      formatPage(page, at / PAGE_BYTES, round + 1)
      if (at + PAGE_BYTES <= sizeBytes) changed += writeSync(file, page, 0, page.length, at)
    }
  } finally {
    closeSync(file)
  }
  return changed
}

/** The first extent always holds data: it carries the file's first page. */
function writtenExtents(sizeBytes: number, seed: string | number): readonly number[] {
  const source = seeded(seed, 'extents')
  const all = Array.from({ length: Math.ceil(sizeBytes / EXTENT_BYTES) }, (_, extent) => extent)
  return all.filter((extent) => source.below(100) < WRITTEN || extent === 0)
}

/** Turns random bytes into a page: a header, rows of text in the first half, values in the second. */
function formatPage(page: Buffer, number: number, version: number): void {
  const row = `{"page":${number},"version":${version},"kind":"order","state":"paid","currency":"CNY"}\n`
  page.fill(row, 0, page.length >> 1, 'latin1')
  page.write('FERRYDB\0', 0, 'latin1')
  page.writeUInt32LE(number >>> 0, 8)
  page.writeUInt32LE(version >>> 0, 12)
}
