/**
 * Reads one page of the kernel's ring buffer, as `trace_pipe_raw` gives it: a header, then records that begin with a
 * word of five bits of type and 27 bits of time.
 *
 *   type  0        the length follows in a word of its own, then the data
 *   type  1 to 28  the data has type × 4 bytes
 *   type  29       a record that was taken back, or with no time: the rest of the page is empty
 *   type  30, 31   a step of time, eight bytes in all
 */
import type { TraceLayout } from './trace-format.ts'

/** A request to a disk that has ended. Sectors are of 512 bytes. */
export interface Ended {
  readonly device: number
  readonly sector: number
  readonly sectors: number
  /** `WS`, `D`, `FF`, …: what kind of request it was. */
  readonly operation: string
}

const WORD = 4
/** Bits of the commit word: its lower ones are a length, these say that events before this page were lost. */
const LENGTH = 0x000f_ffff
const MISSED = 0x8000_0000

/**
 * Tells of every ended request on the page. True when the kernel says that it lost events before it, or when the page
 * cannot be understood: then what was told is not all.
 */
export function readTracePage(page: Buffer, layout: TraceLayout, told: (ended: Ended) => void): boolean {
  const commit = page.readUInt32LE(layout.commit.offset)
  const end = layout.data + (commit & LENGTH)
  if (end > page.length) return true
  let at = layout.data
  while (at + WORD <= end) {
    const head = page.readUInt32LE(at)
    const type = head & 31
    if (type >= 30) {
      at += 2 * WORD
      continue
    }
    if (type === 29 && head >>> 5 === 0) break
    const isSized = type === 0 || type === 29
    if (isSized && at + 2 * WORD > end) return true
    const bytes = isSized ? page.readUInt32LE(at + WORD) : type * WORD
    const data = at + (type === 0 ? 2 : 1) * WORD
    const next = at + WORD + bytes
    if (bytes < WORD || next > end) return true
    if (type !== 29) readRecord(page, data, next, layout, told)
    at = next
  }
  return (commit & MISSED) !== 0
}

function readRecord(
  page: Buffer,
  at: number,
  end: number,
  layout: TraceLayout,
  told: (ended: Ended) => void,
): void {
  const { type, device, sector, sectors, operation } = layout
  if (page.readUInt16LE(at + type.offset) !== layout.id) return
  if (at + operation.offset + operation.size > end) throw new Error('a record of the trace is cut off')
  const text = page.toString('latin1', at + operation.offset, at + operation.offset + operation.size)
  told({
    device: page.readUInt32LE(at + device.offset),
    // A flush has the sector -1 and no length.
    sector: Number(page.readBigInt64LE(at + sector.offset)),
    sectors: page.readUInt32LE(at + sectors.offset),
    operation: text.slice(0, Math.max(0, text.indexOf('\0'))),
  })
}
