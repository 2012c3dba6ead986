/**
 * Which 4 KiB pages of a block have changed: for blocks that changed once before, a file beside the cached manifest
 * keeps a checksum of each page as last sent. A database that writes pages here and there then costs what it wrote.
 *
 * A row is 72 bytes at a fixed place, so the file is sparse and takes room only for blocks that do change: the first
 * 8 bytes of the block's digest, then 16 × CRC-32. It is a hint and nothing rests on it. A row of another state of the
 * block does not fit by its digest; a page that changed under the same checksum makes a block that the receiver
 * refuses by its digest and asks for whole. So no fsync either.
 */
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { PAGE_BYTES } from '../protocol/aligned.ts'
import { BLOCK_PAGES, type BatchEntry } from '../protocol/batch.ts'
import { BLOCK_BYTES } from '../protocol/geometry.ts'

const TAG_BYTES = 8
const ROW_BYTES = TAG_BYTES + BLOCK_PAGES * 4
/** With more of its pages changed, a block is sent whole: the receiver is spared reading it. */
const MOST_PAGES = 12

const bitsOf = (mask: number): number => {
  let count = 0
  for (let left = mask; left !== 0; left &= left - 1) count++
  return count
}

export class PageRows {
  private readonly fd: number
  private readonly row = Buffer.alloc(ROW_BYTES)
  private readonly former = Buffer.alloc(ROW_BYTES)

  /** Opens the file of a disk, or begins it. */
  constructor(path: string) {
    this.fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  }

  /**
   * The entry as it should be sent: by its changed pages where they are known and few, else as it is. `theirs` is the
   * digest of the block as the receiver has it. Remembers the pages as they are now.
   */
  narrowed(entry: BatchEntry, bytes: Buffer, theirs: Uint8Array): BatchEntry {
    if (entry.kind !== 'data' || entry.length !== BLOCK_BYTES) return entry
    const at = entry.block * ROW_BYTES
    const isKnown =
      readSync(this.fd, this.former, 0, ROW_BYTES, at) === ROW_BYTES &&
      Buffer.compare(this.former.subarray(0, TAG_BYTES), theirs.subarray(0, TAG_BYTES)) === 0
    this.row.set(entry.digest.subarray(0, TAG_BYTES))
    let pages = 0
    for (let page = 0; page < BLOCK_PAGES; page++) {
      const sum = crc32(bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES))
      const place = TAG_BYTES + page * 4
      if (sum !== this.former.readUInt32LE(place)) pages |= 1 << page
      this.row.writeUInt32LE(sum, place)
    }
    writeSync(this.fd, this.row, 0, ROW_BYTES, at)
    return isKnown && pages !== 0 && bitsOf(pages) <= MOST_PAGES ? { ...entry, kind: 'pages', pages } : entry
  }

  close(): void {
    closeSync(this.fd)
  }
}
