/**
 * Reads a stretch of a disk past the page cache, with the next extent always on its way while this one is looked at:
 * nobody else reads ahead there, and a disk that waits for a digest is a disk that rests.
 */
import { read } from 'node:fs'
import { promisify } from 'node:util'
import { alignedBuffer } from '../protocol/aligned.ts'

const readAsync = promisify(read)

interface Extent {
  readonly offset: number
  readonly bytes: Buffer
  /** How many bytes of it came. */
  readonly got: Promise<number>
}

const NOTHING: Extent = { offset: 0, bytes: Buffer.alloc(0), got: Promise.resolve(0) }

export class ReadAhead {
  private readonly fd: number
  private readonly extentBytes: number
  private readonly memory: Buffer
  private current = NOTHING
  private coming: Extent | undefined
  private isUpper = false

  /** Reads so many bytes at once. */
  constructor(fd: number, extentBytes: number) {
    this.fd = fd
    this.extentBytes = extentBytes
    this.memory = alignedBuffer(2 * extentBytes)
  }

  /**
   * What lies at `offset`, `most` bytes of it or fewer; good until the next call. `end` is where the stretch ends, behind
   * which nothing is read ahead. Empty where the disk ends. Throws the system's error.
   */
  async at(offset: number, end: number, most: number): Promise<Buffer> {
    if (!this.holds(offset)) await this.turn(offset, end)
    const from = offset - this.current.offset
    return this.current.bytes.subarray(from, from + most)
  }

  /** Whether what lies at `offset` was read already, or is on its way. */
  has(offset: number): boolean {
    return this.holds(offset) || this.coming?.offset === offset
  }

  /** Resolves when no read is under way any more. */
  async settled(): Promise<void> {
    await this.coming?.got.catch(() => 0)
  }

  private holds(offset: number): boolean {
    const { offset: from, bytes } = this.current
    return offset >= from && offset < from + bytes.length
  }

  private async turn(offset: number, end: number): Promise<void> {
    if (this.coming?.offset !== offset) {
      await this.settled()
      this.coming = this.begin(offset, end)
    }
    const { coming } = this
    const got = await coming.got
    this.current = { ...coming, bytes: coming.bytes.subarray(0, got) }
    const next = offset + got
    this.coming = got > 0 && next < end ? this.begin(next, end) : undefined
  }

  private begin(offset: number, end: number): Extent {
    this.isUpper = !this.isUpper
    const start = this.isUpper ? this.extentBytes : 0
    const bytes = this.memory.subarray(start, start + Math.min(this.extentBytes, end - offset))
    const got = readAsync(this.fd, bytes, 0, bytes.length, offset).then(({ bytesRead }) => bytesRead)
    // Whoever asks for it hears of a failure; that nobody does is no error.
    got.catch(() => undefined)
    return { offset, bytes, got }
  }
}
