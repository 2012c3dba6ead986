/** Reads the names in a cpio archive (newc) as it streams by; what the files hold is passed over. */

const HEADER_BYTES = 110
const PATH_BYTES = 4096
const TRAILER = 'TRAILER!!!'

/** What comes is no cpio archive. */
export class NotCpio extends Error {}

/** Feed it chunks. Archives may follow each other, with zeros between, as in an initramfs. */
export class CpioNames {
  readonly names: string[] = []
  /** Bytes of whole entries so far: where the next entry, or something else, begins. */
  consumed = 0
  /** Whether the end of an archive has been seen, with nothing but zeros since. */
  isAtEnd = true
  private rest: Buffer = Buffer.alloc(0)
  private skip = 0

  /** Throws NotCpio when what comes is something else. */
  push(chunk: Buffer): void {
    let bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    for (;;) {
      const skipped = Math.min(this.skip, bytes.length)
      this.skip -= skipped
      this.consumed += skipped
      bytes = bytes.subarray(skipped)
      if (this.isAtEnd) bytes = this.withoutZeros(bytes)
      if (this.skip > 0 || bytes.length < HEADER_BYTES) break
      const entry = entryOf(bytes)
      if (bytes.length < entry.headBytes) break
      const name = bytes.toString('utf8', HEADER_BYTES, HEADER_BYTES + entry.nameBytes - 1)
      this.isAtEnd = name === TRAILER
      if (!this.isAtEnd) this.names.push(name)
      this.skip = entry.headBytes + entry.bodyBytes
    }
    // A copy: the chunk may be a view of memory that is used again.
    this.rest = Buffer.from(bytes)
    if (this.isAtEnd && this.rest.length >= 6 && !isMagic(this.rest)) throw new NotCpio('no cpio archive')
  }

  private withoutZeros(bytes: Buffer): Buffer {
    let zeros = 0
    while (zeros < bytes.length && bytes[zeros] === 0) zeros++
    this.consumed += zeros
    return bytes.subarray(zeros)
  }
}

const isMagic = (bytes: Buffer): boolean => /^07070[12]$/.test(bytes.toString('latin1', 0, 6))

const padded = (bytes: number): number => Math.ceil(bytes / 4) * 4

function entryOf(bytes: Buffer): { nameBytes: number; headBytes: number; bodyBytes: number } {
  const field = (index: number): number =>
    Number.parseInt(bytes.toString('latin1', 6 + 8 * index, 14 + 8 * index), 16)
  const [size, nameBytes] = [field(6), field(11)]
  if (!isMagic(bytes) || !(size >= 0) || !(nameBytes > 0 && nameBytes <= PATH_BYTES))
    throw new NotCpio('no cpio archive')
  return { nameBytes, headBytes: padded(HEADER_BYTES + nameBytes), bodyBytes: padded(size) }
}
