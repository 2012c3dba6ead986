import { describe, expect, it } from 'vitest'
import { PAGE_BYTES } from '../../../agent/protocol/aligned.ts'
import { BATCH_BYTES } from '../../../agent/protocol/batch.ts'
import { BLOCK_BYTES } from '../../../agent/protocol/geometry.ts'
import { FrameMemory } from '../../../agent/receiver/frame-memory.ts'

describe('the memory of frames', () => {
  it.each([
    [1, 1],
    [16, 16],
    [16, 256],
    [0, 3],
  ])('lets %i blocks behind a head of %i entries begin at a page', (blocks, entries) => {
    const headBytes = 20 + entries * 44
    const body = new FrameMemory().take(headBytes + blocks * BLOCK_BYTES)

    expect((body.byteOffset + headBytes) % PAGE_BYTES).toBe(0)
  })

  it('gives no byte away twice, and has room for all when everything came back', () => {
    const memory = new FrameMemory()
    for (let round = 0; round < 3; round++) {
      const taken = Array.from({ length: 40 }, (_, i) => memory.take(BATCH_BYTES - i))
      const shared = taken.filter((body) => memory.has(body)).sort((a, b) => a.byteOffset - b.byteOffset)

      expect(shared).toHaveLength(20)
      for (const [i, body] of shared.entries())
        expect(shared[i + 1]?.byteOffset ?? Infinity).toBeGreaterThanOrEqual(body.byteOffset + body.length)
      for (const { byteOffset } of shared) memory.release(byteOffset)
    }
  })

  it('takes memory of its own for what is too long', () => {
    const memory = new FrameMemory()

    expect(memory.has(memory.take(BATCH_BYTES + 1))).toBe(false)
  })
})
