/**
 * The memory of a thread's batches, kept from order to order: on a virtual machine a page that is used for the first
 * time can cost as much as sending it. The payload of each begins at a page, so that a disk can be read into it past
 * the page cache.
 */
import { alignedBuffer, PAGE_BYTES, touchPages } from '../protocol/aligned.ts'
import { HEADROOM_BYTES } from '../protocol/batch.ts'
import { BATCH_BUFFER_BYTES } from './batch-builder.ts'

/** Batches that get their memory at once. */
const TOGETHER = 5

const upToPage = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES
/** What a batch's headroom lacks to whole pages. */
const LEAD_BYTES = upToPage(HEADROOM_BYTES) - HEADROOM_BYTES
const SLOT_BYTES = upToPage(LEAD_BYTES + BATCH_BUFFER_BYTES)

export class BatchMemory {
  private readonly free: Buffer[] = []

  /** Makes room for so many batches real, before an order waits for it. */
  warm(batches: number): void {
    while (this.free.length < batches) this.grow()
    for (const buffer of this.free) touchPages(buffer)
  }

  take(): Buffer {
    if (this.free.length === 0) this.grow()
    return this.free.pop() ?? Buffer.allocUnsafeSlow(BATCH_BUFFER_BYTES)
  }

  giveBack(buffer: Buffer): void {
    this.free.push(buffer)
  }

  private grow(): void {
    const memory = alignedBuffer(TOGETHER * SLOT_BYTES)
    for (let i = 0; i < TOGETHER; i++) {
      const start = i * SLOT_BYTES + LEAD_BYTES
      this.free.push(memory.subarray(start, start + BATCH_BUFFER_BYTES))
    }
  }
}
