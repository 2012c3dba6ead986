/** Reads a source disk. */
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { errnoOf, Fault } from '../protocol/fault.ts'
import type { SourceDisk } from '../protocol/control.ts'
import { BLOCK_BYTES, GROUP_BYTES } from '../protocol/geometry.ts'
import { nextData } from './holes.ts'
import { ReadAhead } from './read-ahead.ts'

/** The most that is read at once, in bytes. */
export const EXTENT_BYTES = 1024 * 1024

const FORBIDDEN = ['EACCES', 'EPERM']
const GONE = ['ENOENT', 'ENXIO', 'ENODEV', 'ENOMEDIUM']

function faultOf(disk: SourceDisk, problem: unknown, offset: number): Fault {
  const errno = errnoOf(problem) ?? 'an unknown error'
  if (FORBIDDEN.includes(errno))
    return new Fault('SOURCE_PERMISSION', `disk ${disk.index} (${disk.path}) may not be read: ${errno}`, {
      cause: problem,
    })
  return GONE.includes(errno)
    ? new Fault('SOURCE_DISK_GONE', `disk ${disk.index} (${disk.path}) is gone: ${errno}`, { cause: problem })
    : new Fault('SOURCE_DISK_READ', `disk ${disk.index} (${disk.path}) at byte ${offset}: ${errno}`, {
        cause: problem,
      })
}

/**
 * An open source disk. A block device is read past the page cache (O_DIRECT): the cache of the device knows nothing
 * of what a mounted file system wrote since, and would show last time's blocks; nor is the server's cache evicted.
 * That needs memory that begins at a page.
 */
export class Extents {
  readonly disk: SourceDisk
  private readonly fd: number
  /** The hole that was found last: where the question began and where data follows. */
  private hole = { from: 0, to: 0 }
  /** Begun at the first stretch that is worth it. */
  private ahead: ReadAhead | undefined
  private readonly isRestful: boolean

  /** `isRestful`: the disk is left alone while what was read is looked at. Throws Fault. */
  constructor(disk: SourceDisk, isRestful = false) {
    this.disk = disk
    this.isRestful = isRestful
    const isDirect = disk.kind === 'block'
    try {
      this.fd = openSync(disk.path, constants.O_RDONLY | (isDirect ? constants.O_DIRECT : 0))
    } catch (problem) {
      throw faultOf(disk, problem, 0)
    }
  }

  /** Fills `target` (at most EXTENT_BYTES; for a block device it begins at a page) from `offset`. Throws Fault. */
  read(offset: number, target: Buffer): void {
    // Before a part that cannot be read less comes than was asked for; only nothing at all is the end.
    for (let done = 0; done < target.length;) {
      const got = this.readSome(target.subarray(done), offset + done)
      if (got === 0) throw this.cutOff(offset + done)
      done += got
    }
  }

  /**
   * What lies at `offset`, in `space` or in memory of its own, which is good until the next call: as much as fits, at
   * most up to `end`. Of a block device the bytes behind are on their way then. Throws Fault.
   */
  async next(offset: number, end: number, space: Buffer): Promise<Buffer> {
    const most = Math.min(space.length, EXTENT_BYTES, end - offset)
    const isLong = end - offset > EXTENT_BYTES || this.ahead?.has(offset) === true
    if (this.disk.kind === 'file' || this.isRestful || !isLong) {
      const target = space.subarray(0, most)
      this.read(offset, target)
      return target
    }
    this.ahead ??= new ReadAhead(this.fd, EXTENT_BYTES)
    let bytes: Buffer
    try {
      bytes = await this.ahead.at(offset, end, most)
    } catch (problem) {
      throw faultOf(this.disk, problem, offset)
    }
    const isWhole = bytes.length % BLOCK_BYTES === 0 || offset + bytes.length === end
    if (bytes.length === 0 || !isWhole) throw this.cutOff(offset + bytes.length)
    return bytes
  }

  /**
   * How many of `bytes` from `offset` on, in whole blocks, lie in a hole and need not be read: they are zeros. A block
   * device has no holes.
   */
  holeBytes(offset: number, bytes: number): number {
    if (this.disk.kind === 'block') return 0
    if (offset < this.hole.from || offset >= this.hole.to) this.hole = this.holeAt(offset)
    const empty = Math.min(bytes, this.hole.to - offset)
    return offset + empty === this.disk.sizeBytes ? empty : empty - (empty % BLOCK_BYTES)
  }

  /** Asked anew for each group: what was written into a hole meanwhile is not to be overlooked for the whole disk. */
  private holeAt(from: number): { readonly from: number; readonly to: number } {
    return { from, to: Math.min(nextData(this.fd, from, this.disk.sizeBytes), from + GROUP_BYTES) }
  }

  private readSome(target: Buffer, offset: number): number {
    try {
      return readSync(this.fd, target, 0, target.length, offset)
    } catch (problem) {
      throw faultOf(this.disk, problem, offset)
    }
  }

  private cutOff(at: number): Fault {
    return new Fault('DISK_CHANGED', `disk ${this.disk.index} (${this.disk.path}) ends at byte ${at}`)
  }

  /** At once, or when the last read has ended. Once: the file's number may be another's later. */
  close(): void {
    if (this.ahead) void this.ahead.settled().then(() => closeSync(this.fd))
    else closeSync(this.fd)
  }
}
