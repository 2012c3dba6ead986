/**
 * The journal beside a manifest: what changed on the disk since that generation was written.
 *
 *   header  magic `FERRYJNL`, version u32, generation u32, BLAKE3 of the disk's identity, check (16 bytes)
 *   record  magic u32, known u32, doubtful u32, sequence u32, check (8 bytes)
 *           known × {block u32, digest}, doubtful × {block u32}, check (16 bytes)
 *
 * A record first says which blocks are now durable with which digest, then which blocks are about to be written.
 * From then on a doubtful block is unknown until a later record tells its digest: whatever a crash leaves of a
 * write, no old digest outlives it. One append is one record, so a crash tears at most the last one, and what a
 * torn record announced has not begun. A record that is whole in length but fails its check is not a tear: then
 * nothing here is believed and the disk is read instead. Checks are BLAKE3, cut short.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { DIGEST_BYTES, digestOf } from './digest.ts'

const MAGIC = Buffer.from('FERRYJNL')
const RECORD = 0x4c4e524a
const VERSION = 1
const RECORD_HEADER_BYTES = 24
const CHECK_BYTES = 16
const KNOWN_BYTES = 4 + DIGEST_BYTES
/** More blocks than any window holds: a length beyond it is damage, and nothing is allocated for it. */
const RECORD_BLOCKS = 1 << 20

export const JOURNAL_HEADER_BYTES = 48 + CHECK_BYTES

export interface KnownBlock {
  readonly block: number
  readonly digest: Uint8Array
}

export interface JournalRecord {
  readonly known: readonly KnownBlock[]
  readonly doubtful: readonly number[]
}

/** The first bytes of a new journal. */
export function journalHeader(identity: string, generation: number): Buffer {
  const bytes = Buffer.alloc(JOURNAL_HEADER_BYTES)
  MAGIC.copy(bytes, 0)
  bytes.writeUInt32LE(VERSION, 8)
  bytes.writeUInt32LE(generation, 12)
  bytes.set(digestOf(Buffer.from(identity)), 16)
  bytes.set(digestOf(bytes.subarray(0, 48)).subarray(0, CHECK_BYTES), 48)
  return bytes
}

/** One record as bytes, to be appended by one write. `sequence` counts the journal's records from 0. */
export function encodeRecord(record: JournalRecord, sequence: number): Buffer {
  const body = RECORD_HEADER_BYTES + record.known.length * KNOWN_BYTES + record.doubtful.length * 4
  const bytes = Buffer.alloc(body + CHECK_BYTES)
  bytes.writeUInt32LE(RECORD, 0)
  bytes.writeUInt32LE(record.known.length, 4)
  bytes.writeUInt32LE(record.doubtful.length, 8)
  bytes.writeUInt32LE(sequence, 12)
  bytes.set(digestOf(bytes.subarray(0, 16)).subarray(0, 8), 16)
  let at = RECORD_HEADER_BYTES
  for (const { block, digest } of record.known) {
    bytes.writeUInt32LE(block, at)
    bytes.set(digest, at + 4)
    at += KNOWN_BYTES
  }
  for (const block of record.doubtful) at = bytes.writeUInt32LE(block, at)
  bytes.set(digestOf(bytes.subarray(0, body)).subarray(0, CHECK_BYTES), body)
  return bytes
}

function decodeBody(bytes: Buffer, known: number, doubtful: number): JournalRecord {
  const blocks: KnownBlock[] = []
  let at = RECORD_HEADER_BYTES
  for (let i = 0; i < known; i++, at += KNOWN_BYTES)
    blocks.push({ block: bytes.readUInt32LE(at), digest: bytes.subarray(at + 4, at + KNOWN_BYTES) })
  return {
    known: blocks,
    doubtful: Array.from({ length: doubtful }, (_, i) => bytes.readUInt32LE(at + i * 4)),
  }
}

const DAMAGED = 'a record in it is damaged'

function replay(fd: number, expected: Buffer, apply: (record: JournalRecord) => void): Replayed {
  const size = fstatSync(fd).size
  const read = (offset: number, length: number): Buffer => {
    const bytes = Buffer.alloc(length)
    return bytes.subarray(0, readSync(fd, bytes, 0, length, offset))
  }
  if (!read(0, JOURNAL_HEADER_BYTES).equals(expected))
    return { problem: 'its header is damaged, or of another disk, generation or version' }
  let at = JOURNAL_HEADER_BYTES
  let records = 0
  while (size - at >= RECORD_HEADER_BYTES) {
    const head = read(at, RECORD_HEADER_BYTES)
    const known = head.readUInt32LE(4)
    const doubtful = head.readUInt32LE(8)
    if (!head.subarray(16).equals(digestOf(head.subarray(0, 16)).subarray(0, 8))) return { problem: DAMAGED }
    if (
      head.readUInt32LE(0) !== RECORD ||
      head.readUInt32LE(12) !== records ||
      known + doubtful > RECORD_BLOCKS
    )
      return { problem: DAMAGED }
    const body = RECORD_HEADER_BYTES + known * KNOWN_BYTES + doubtful * 4
    if (size - at < body + CHECK_BYTES) break
    const bytes = read(at, body + CHECK_BYTES)
    if (!bytes.subarray(body).equals(digestOf(bytes.subarray(0, body)).subarray(0, CHECK_BYTES)))
      return { problem: DAMAGED }
    apply(decodeBody(bytes, known, doubtful))
    at += bytes.length
    records++
  }
  return { records, tornBytes: size - at }
}

/** How reading a journal ended; with a problem, what was applied before it is not to be believed either. */
type Replayed = { readonly records: number; readonly tornBytes: number } | { readonly problem: string }

/** Reads a journal and hands its whole records over in order. A torn tail is left out. */
export function replayJournal(
  path: string,
  subject: { readonly identity: string; readonly generation: number },
  apply: (record: JournalRecord) => void,
): Replayed {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return { problem: 'there is none' }
  }
  try {
    return replay(fd, journalHeader(subject.identity, subject.generation), apply)
  } finally {
    closeSync(fd)
  }
}
