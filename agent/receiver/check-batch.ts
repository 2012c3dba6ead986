/** What of a batch may be written: everything is checked here, before a byte of the disk is touched. */
import { brotliDecompressSync } from 'node:zlib'
import { payloadBytesOf, readBatch, type Batch, type BatchEntry } from '../protocol/batch.ts'
import { digestOf } from '../protocol/digest.ts'
import { Fault } from '../protocol/fault.ts'
import { blockBytes, blocksOf, zeroDigest } from '../protocol/geometry.ts'

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** A stream that would unpack to more than it said is cut off there, however small it is packed. */
function unpack(batch: Batch): Buffer {
  let raw: Buffer
  try {
    raw = brotliDecompressSync(batch.payload, { maxOutputLength: Math.max(1, batch.rawBytes) })
  } catch (cause) {
    throw new Fault('PROTOCOL', `batch ${batch.sequence} does not unpack to ${batch.rawBytes} bytes`, {
      cause,
    })
  }
  if (raw.length !== batch.rawBytes)
    throw new Fault('PROTOCOL', `batch ${batch.sequence} unpacks to ${raw.length} of ${batch.rawBytes} bytes`)
  return raw
}

/** A checked batch: entries in order, their data one after the other in `raw`. */
export interface CheckedBatch {
  readonly sequence: number
  readonly disk: number
  readonly entries: readonly BatchEntry[]
  readonly raw: Buffer
  /** Whether `raw` is memory of its own, not a view of the body. */
  readonly isUnpacked: boolean
}

/**
 * Throws Fault PROTOCOL (or WireError); then nothing of the batch may be written. Blocks that came as pages are checked
 * when it is their turn to be written (`rebuild-blocks.ts`): until then others may change what they rest on.
 */
export function checkBatch(body: Buffer, sizeOf: (disk: number) => number | undefined): CheckedBatch {
  const batch = readBatch(body)
  const size = sizeOf(batch.disk)
  if (size === undefined) throw new Fault('PROTOCOL', `disk ${batch.disk} is not of this ticket`)
  const raw = batch.isCompressed ? unpack(batch) : batch.payload
  let at = 0
  let before = -1
  for (const entry of batch.entries) {
    const { block, kind, length, digest } = entry
    // A block that came twice would be left as the later write has it, whatever was recorded.
    if (block <= before)
      throw new Fault('PROTOCOL', `batch ${batch.sequence} is not in the order of its disk`)
    before = block
    if (block >= blocksOf(size) || length !== blockBytes(size, block))
      throw new Fault(
        'PROTOCOL',
        `block ${block} of ${length} bytes is not of disk ${batch.disk} of ${size} bytes`,
      )
    const bytes = payloadBytesOf(entry)
    if (kind !== 'pages') {
      const found = kind === 'zero' ? zeroDigest(length) : digestOf(raw.subarray(at, at + bytes))
      if (!same(found, digest))
        throw new Fault('PROTOCOL', `block ${block} of disk ${batch.disk} is not what its digest says`)
    }
    at += bytes
  }
  return {
    sequence: batch.sequence,
    disk: batch.disk,
    entries: batch.entries,
    raw,
    isUnpacked: batch.isCompressed,
  }
}
