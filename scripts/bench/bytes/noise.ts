/** Seeded bytes and numbers: the same seed gives the same disk and the same changes on every machine. */
import { createCipheriv, createHash, type Cipher } from 'node:crypto'

export class Noise {
  private readonly stream: Cipher
  private numbers: Buffer = Buffer.alloc(0)
  private at = 0

  constructor(seed: string) {
    const key = createHash('sha256').update(seed).digest()
    this.stream = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16))
  }

  /** So many bytes that nothing compresses. */
  bytes(count: number): Buffer {
    return this.stream.update(Buffer.alloc(count))
  }

  /** A whole number from 0 up to and without `limit`, which is below 2^32. */
  below(limit: number): number {
    if (this.at === this.numbers.length) {
      this.numbers = this.bytes(64 * 1024)
      this.at = 0
    }
    this.at += 4
    return Math.floor((this.numbers.readUInt32LE(this.at - 4) / 2 ** 32) * limit)
  }
}
