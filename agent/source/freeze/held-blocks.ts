/** Blocks of a disk that were read into memory while writes were held: a pass reads them from there. */
import type { SourceDisk } from '../../protocol/control.ts'
import { alignedSharedMemory } from '../../protocol/aligned.ts'
import { BLOCK_BYTES, blockBytes } from '../../protocol/geometry.ts'
import type { BlockBits } from '../tracking/block-bits.ts'
import { EXTENT_BYTES, type Extents } from '../extents.ts'

/** As it travels between threads. */
export interface HeldMemory {
  /** Numbers of the blocks, in the order in which they lie in `memory`. */
  readonly blocks: readonly number[]
  readonly memory: SharedArrayBuffer
}

/**
 * Reads the blocks of a set; undefined when it took longer than until `deadline` (on the clock of `performance.now`).
 * Throws Fault.
 */
export function readHeld(extents: Extents, blocks: BlockBits, deadline: number): HeldMemory | undefined {
  const { sizeBytes } = extents.disk
  const numbers: number[] = []
  const memory = alignedSharedMemory(blocks.count() * BLOCK_BYTES)
  const bytes = Buffer.from(memory as unknown as ArrayBuffer)
  for (const { first, count } of blocks.runs(
    0,
    Math.ceil(sizeBytes / BLOCK_BYTES),
    EXTENT_BYTES / BLOCK_BYTES,
  )) {
    if (performance.now() > deadline) return undefined
    const length = Math.min(count * BLOCK_BYTES, sizeBytes - first * BLOCK_BYTES)
    const at = numbers.length * BLOCK_BYTES
    extents.read(first * BLOCK_BYTES, bytes.subarray(at, at + length))
    for (let i = 0; i < count; i++) numbers.push(first + i)
  }
  return { blocks: numbers, memory }
}

/** Reads like a disk that has only these blocks. */
export class HeldBlocks {
  readonly disk: SourceDisk
  private readonly bytes: Buffer
  private readonly places: ReadonlyMap<number, number>

  constructor(disk: SourceDisk, { blocks, memory }: HeldMemory) {
    this.disk = disk
    this.bytes = Buffer.from(memory as unknown as ArrayBuffer)
    this.places = new Map(blocks.map((block, place) => [block, place * BLOCK_BYTES]))
  }

  private read(offset: number, target: Buffer): void {
    for (let done = 0; done < target.length;) {
      const block = (offset + done) / BLOCK_BYTES
      const at = this.places.get(block)
      if (at === undefined) throw new Error(`block ${block} was not read while writes were held`)
      const length = blockBytes(this.disk.sizeBytes, block)
      this.bytes.copy(target, done, at, at + length)
      done += length
    }
  }

  /** What lies at `offset`, in `space`: as much as fits, at most up to `end`. */
  next(offset: number, end: number, space: Buffer): Promise<Buffer> {
    const target = space.subarray(0, Math.min(space.length, end - offset))
    this.read(offset, target)
    return Promise.resolve(target)
  }

  holeBytes(): number {
    return 0
  }

  close(): void {
    // Memory is given back when nobody has it any more.
  }
}
