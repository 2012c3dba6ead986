/** Gathers changed blocks into a batch, right where they were read. */
import {
  BATCH_ENTRIES,
  frameBatch,
  HEADROOM_BYTES,
  pagesIn,
  PAYLOAD_BYTES,
  type BatchEntry,
} from '../protocol/batch.ts'
import { BLOCK_BYTES } from '../protocol/geometry.ts'
import { PAGE_BYTES } from '../protocol/aligned.ts'
import { packed } from './compress.ts'

/** Bytes of the memory that one batch needs. */
export const BATCH_BUFFER_BYTES = HEADROOM_BYTES + PAYLOAD_BYTES
/** With less room than this a batch is sent: reading a few blocks at a time would cost more. */
const WORTHWHILE_BYTES = 4 * BLOCK_BYTES

/** A batch ready for the wire; its number is set when it goes. */
export interface Framed {
  readonly frame: Buffer
  /** The memory that `frame` is a view of, to be used again after the ack. */
  readonly buffer: Buffer
  /** The disk's place in the order. */
  readonly place: number
  /** Bytes of the blocks in it, zeros included. */
  readonly blockBytes: number
}

/**
 * Extents may be read into `space()`, and `keep` closes the gaps that unchanged blocks leave: when all blocks of an
 * extent changed, which is what a full sync is made of, nothing is copied at all.
 */
export class BatchBuilder {
  private readonly buffer: Buffer
  private readonly place: number
  private readonly disk: number
  private entries: BatchEntry[] = []
  private payloadBytes = 0

  constructor(buffer: Buffer, place: number, disk: number) {
    this.buffer = buffer
    this.place = place
    this.disk = disk
  }

  /** What it was given to gather in. */
  get memory(): Buffer {
    return this.buffer
  }

  /** Where the next extent may be read to, in whole blocks; it begins at a page. */
  space(): Buffer {
    const room = PAYLOAD_BYTES - this.payloadBytes
    const start = HEADROOM_BYTES + this.payloadBytes
    return this.buffer.subarray(start, start + room - (room % BLOCK_BYTES))
  }

  isFull(): boolean {
    const blocks = PAYLOAD_BYTES / BLOCK_BYTES
    return (
      PAYLOAD_BYTES - this.payloadBytes < WORTHWHILE_BYTES || this.entries.length > BATCH_ENTRIES - blocks
    )
  }

  isEmpty(): boolean {
    return this.entries.length === 0
  }

  /** Takes a block over, or its changed pages, from where it lies, in `space()` or elsewhere; a block of zeros needs none. */
  keep(entry: BatchEntry, from?: Buffer): void {
    this.entries.push(entry)
    if (entry.kind === 'zero' || from === undefined) return
    if (entry.kind === 'data') return this.take(from)
    for (const page of pagesIn(entry.pages ?? 0))
      this.take(from.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES))
  }

  private take(bytes: Buffer): void {
    const to = HEADROOM_BYTES + this.payloadBytes
    const isThere = bytes.buffer === this.buffer.buffer && bytes.byteOffset === this.buffer.byteOffset + to
    if (!isThere) bytes.copy(this.buffer, to)
    this.payloadBytes += bytes.length
  }

  /** The batch as a frame, compressed if asked and worthwhile. The builder is of no more use then. */
  finish(compress: boolean): Framed {
    const payload = this.buffer.subarray(HEADROOM_BYTES, HEADROOM_BYTES + this.payloadBytes)
    const small = compress && this.payloadBytes > 0 ? packed(payload) : undefined
    small?.copy(payload)
    const head = { sequence: 0, disk: this.disk, isCompressed: small !== undefined, entries: this.entries }
    return {
      frame: frameBatch(this.buffer, head, small?.length ?? this.payloadBytes),
      buffer: this.buffer,
      place: this.place,
      blockBytes: this.entries.reduce((sum, entry) => sum + entry.length, 0),
    }
  }
}
