/**
 * The memory of a thread's batches, kept from order to order: on a virtual machine a page that is used for the first
 * time can cost as much as sending it.
 */
import { touchPages } from '../protocol/aligned.ts'
import { BATCH_BUFFER_BYTES } from './batch-builder.ts'

export class BatchMemory {
  private readonly free: Buffer[] = []

  /** Makes room for so many batches real, before an order waits for it. */
  warm(batches: number): void {
    while (this.free.length < batches) {
      const buffer = Buffer.allocUnsafeSlow(BATCH_BUFFER_BYTES)
      touchPages(buffer)
      this.free.push(buffer)
    }
  }

  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(BATCH_BUFFER_BYTES)
  }

  giveBack(buffer: Buffer): void {
    this.free.push(buffer)
  }
}
