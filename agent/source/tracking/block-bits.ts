/** A set of a disk's blocks, one bit each: 2 MiB for a disk of 1 TiB. */

/** Set bits of each byte. */
const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)

export class BlockBits {
  readonly bytes: Uint8Array

  /** A view: bit n of the set is bit n % 8 of byte n / 8. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  static bytesFor(blocks: number): number {
    return Math.ceil(blocks / 8)
  }

  static empty(blocks: number): BlockBits {
    return new BlockBits(new Uint8Array(BlockBits.bytesFor(blocks)))
  }

  has(block: number): boolean {
    return (((this.bytes[block >> 3] ?? 0) >> (block & 7)) & 1) === 1
  }

  add(block: number): void {
    const at = block >> 3
    this.bytes[at] = (this.bytes[at] ?? 0) | (1 << (block & 7))
  }

  /** Adds `from` up to but not including `to`. */
  addRange(from: number, to: number): void {
    let block = from
    while (block < to && (block & 7) !== 0) this.add(block++)
    const whole = (to - block) >> 3
    if (whole > 0) {
      this.bytes.fill(255, block >> 3, (block >> 3) + whole)
      block += whole * 8
    }
    while (block < to) this.add(block++)
  }

  addAll(other: BlockBits): void {
    for (let at = 0; at < other.bytes.length; at++) {
      const byte = other.bytes[at] ?? 0
      if (byte !== 0) this.bytes[at] = (this.bytes[at] ?? 0) | byte
    }
  }

  clear(): void {
    this.bytes.fill(0)
  }

  copy(): BlockBits {
    return new BlockBits(Uint8Array.from(this.bytes))
  }

  count(): number {
    let count = 0
    for (const byte of this.bytes) count += ONES[byte] ?? 0
    return count
  }

  /** The first block of the set from `from` on and below `to`; `to` when there is none. */
  next(from: number, to: number): number {
    let block = from
    while (block < to) {
      const byte = this.bytes[block >> 3] ?? 0
      if (byte === 0) block = (block | 7) + 1
      else if (((byte >> (block & 7)) & 1) === 1) return block
      else block++
    }
    return to
  }

  /** The runs of the set from `from` on and below `to`, none longer than `most`. */
  *runs(
    from: number,
    to: number,
    most: number,
  ): Generator<{ readonly first: number; readonly count: number }> {
    for (let first = this.next(from, to); first < to; first = this.next(first, to)) {
      let end = first + 1
      while (end < to && end - first < most && this.has(end)) end++
      yield { first, count: end - first }
      first = end
    }
  }
}
