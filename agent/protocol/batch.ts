/**
 * The body of a batch frame: changed blocks of one disk, in its order.
 *
 *   0   sequence u32   counts the batches of this connection from 1
 *   4   disk u32
 *   8   flags u32      bit 0: the payload is one brotli stream
 *   12  entries u32
 *   16  raw bytes u32  of the payload when it is not compressed: the sum of the data entries' lengths
 *   20  entries × {block u32, kind u16, pages u16, raw length u32, digest 32}, then the payload
 *
 * Kind 0 is a block of zeros and has no payload, kind 1 is all of the block. Kind 2 is those of its sixteen pages of
 * 4 KiB whose bit is set in `pages`; the others are as they lie at the receiver. The digest is always the whole block's.
 */
import { PAGE_BYTES } from './aligned.ts'
import { DIGEST_BYTES } from './digest.ts'
import { FRAME, HEADER_BYTES, WireError, writeHeader } from './wire.ts'
import { BLOCK_BYTES } from './geometry.ts'

/** Pages of a block: each can be sent alone. */
export const BLOCK_PAGES = BLOCK_BYTES / PAGE_BYTES

/** The most payload of a batch, uncompressed. */
export const PAYLOAD_BYTES = 1024 * 1024
export const BATCH_ENTRIES = 256

const HEAD_BYTES = 20
const ENTRY_BYTES = 12 + DIGEST_BYTES
const COMPRESSED = 1

/** Room that a batch's headers need in front of its payload, at most. */
export const HEADROOM_BYTES = HEADER_BYTES + HEAD_BYTES + BATCH_ENTRIES * ENTRY_BYTES
/** The longest body of a batch frame. */
export const BATCH_BYTES = HEADROOM_BYTES - HEADER_BYTES + PAYLOAD_BYTES

const KIND = { zero: 0, data: 1, pages: 2 } as const
const KINDS = ['zero', 'data', 'pages'] as const

export interface BatchEntry {
  readonly block: number
  readonly kind: keyof typeof KIND
  /** Bytes of the block: 64 KiB, or less for a disk's last. */
  readonly length: number
  /** Of kind `pages`, a bit for each page in the payload, the lowest for the first. */
  readonly pages?: number
  readonly digest: Uint8Array
}

export interface BatchHead {
  readonly sequence: number
  readonly disk: number
  readonly isCompressed: boolean
  readonly entries: readonly BatchEntry[]
}

export interface Batch extends BatchHead {
  readonly rawBytes: number
  /** A view of the frame's body. */
  readonly payload: Buffer
}

/** The pages of a mask, in order. */
export const pagesIn = (mask: number): number[] =>
  Array.from({ length: BLOCK_PAGES }, (_, page) => page).filter((page) => (mask >> page) & 1)

/** Bytes that an entry has in the payload. */
export function payloadBytesOf({ kind, length, pages }: BatchEntry): number {
  if (kind === 'pages') return pagesIn(pages ?? 0).length * PAGE_BYTES
  return kind === 'data' ? length : 0
}

const rawBytesOf = (entries: readonly BatchEntry[]): number =>
  entries.reduce((sum, entry) => sum + payloadBytesOf(entry), 0)

/**
 * Writes frame header, batch header and entries right before the payload, which lies at HEADROOM_BYTES in `buffer`.
 * Returns the whole frame as a view of `buffer`, so that a megabyte of payload is never copied to be framed.
 */
export function frameBatch(buffer: Buffer, head: BatchHead, payloadBytes: number): Buffer {
  const headBytes = HEAD_BYTES + head.entries.length * ENTRY_BYTES
  const start = HEADROOM_BYTES - headBytes - HEADER_BYTES
  const frame = buffer.subarray(start, HEADROOM_BYTES + payloadBytes)
  writeHeader(frame, FRAME.batch, headBytes + payloadBytes)
  frame.writeUInt32LE(head.sequence, 8)
  frame.writeUInt32LE(head.disk, 12)
  frame.writeUInt32LE(head.isCompressed ? COMPRESSED : 0, 16)
  frame.writeUInt32LE(head.entries.length, 20)
  frame.writeUInt32LE(rawBytesOf(head.entries), 24)
  let at = HEADER_BYTES + HEAD_BYTES
  for (const entry of head.entries) {
    frame.writeUInt32LE(entry.block, at)
    frame.writeUInt16LE(KIND[entry.kind], at + 4)
    frame.writeUInt16LE(entry.pages ?? 0, at + 6)
    frame.writeUInt32LE(entry.length, at + 8)
    frame.set(entry.digest, at + 12)
    at += ENTRY_BYTES
  }
  return frame
}

/** Gives a framed batch another sequence, when it is sent again on a new connection. */
export function renumber(frame: Buffer, sequence: number): void {
  frame.writeUInt32LE(sequence, HEADER_BYTES)
}

function readEntry(body: Buffer, at: number): BatchEntry {
  const kind = KINDS[body.readUInt16LE(at + 4)]
  const pages = body.readUInt16LE(at + 6)
  const length = body.readUInt32LE(at + 8)
  if (kind === undefined) throw new WireError(`unknown kind of block ${body.readUInt16LE(at + 4)}`)
  if (length === 0 || length > BLOCK_BYTES) throw new WireError(`a block of ${length} bytes`)
  if ((kind === 'pages') !== (pages !== 0) || (pages !== 0 && length !== BLOCK_BYTES))
    throw new WireError(`a block of ${length} bytes and pages ${pages.toString(2)}`)
  const digest = body.subarray(at + 12, at + ENTRY_BYTES)
  return { block: body.readUInt32LE(at), kind, length, digest, ...(pages === 0 ? {} : { pages }) }
}

/** Reads a batch's body; every length is checked against the others. Throws WireError. */
export function readBatch(body: Buffer): Batch {
  if (body.length < HEAD_BYTES) throw new WireError('a batch is cut off')
  const flags = body.readUInt32LE(8)
  const count = body.readUInt32LE(12)
  const rawBytes = body.readUInt32LE(16)
  const start = HEAD_BYTES + count * ENTRY_BYTES
  if ((flags & ~COMPRESSED) !== 0) throw new WireError(`unknown flags of a batch ${flags}`)
  if (count === 0 || count > BATCH_ENTRIES) throw new WireError(`a batch of ${count} blocks`)
  if (rawBytes > PAYLOAD_BYTES || body.length < start) throw new WireError('a batch is cut off or too long')
  const entries = Array.from({ length: count }, (_, i) => readEntry(body, HEAD_BYTES + i * ENTRY_BYTES))
  const payload = body.subarray(start)
  const isCompressed = (flags & COMPRESSED) !== 0
  if (rawBytesOf(entries) !== rawBytes || (!isCompressed && payload.length !== rawBytes))
    throw new WireError('a batch does not hold what its entries say')
  return {
    sequence: body.readUInt32LE(0),
    disk: body.readUInt32LE(4),
    isCompressed,
    entries,
    rawBytes,
    payload,
  }
}
