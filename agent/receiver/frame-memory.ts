/**
 * The memory that batches are received into, checked in and written from: two threads share it, so that no byte is
 * copied on the way. A batch's blocks begin at a page there, as writing past the page cache wants it.
 */
import { alignedSharedMemory, PAGE_BYTES, touchPages } from '../protocol/aligned.ts'
import { BATCH_BYTES } from '../protocol/batch.ts'

/** Batches that find room; one that finds none gets memory of its own, and is written through the page cache. */
const SLOTS = 20
/** Room for the largest batch wherever in the slot's first page it begins. */
const SLOT_BYTES = Math.ceil((BATCH_BYTES + PAGE_BYTES) / PAGE_BYTES) * PAGE_BYTES

export class FrameMemory {
  readonly shared = alignedSharedMemory(SLOTS * SLOT_BYTES)
  /** The slot that was used last comes first: its pages are there and warm. */
  private readonly free = Array.from({ length: SLOTS }, (_, i) => SLOTS - 1 - i)

  /**
   * Memory for a batch's body. Its blocks come last and are whole pages, but for a disk's last: a body that ends with
   * a page has them begin with one.
   */
  take(bytes: number): Buffer {
    const slot = bytes > BATCH_BYTES ? undefined : this.free.pop()
    if (slot === undefined) return Buffer.allocUnsafeSlow(bytes)
    const start = slot * SLOT_BYTES + ((PAGE_BYTES - (bytes % PAGE_BYTES)) % PAGE_BYTES)
    return Buffer.from(this.shared, start, bytes)
  }

  /** Makes the memory real, before the first batch waits for it. */
  warm(): void {
    touchPages(new Uint8Array(this.shared))
  }

  has(body: Buffer): boolean {
    return body.buffer === (this.shared as unknown)
  }

  /** Gives a slot back; `at` is where the body lay that was taken. */
  release(at: number): void {
    this.free.push(Math.floor(at / SLOT_BYTES))
  }
}
