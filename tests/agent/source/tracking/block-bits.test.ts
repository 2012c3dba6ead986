import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlockBits } from '../../../../agent/source/tracking/block-bits.ts'

const BLOCKS = 100
const someBlocks = fc.uniqueArray(fc.nat({ max: BLOCKS - 1 }))

function bitsOf(blocks: readonly number[]): BlockBits {
  const bits = BlockBits.empty(BLOCKS)
  for (const block of blocks) bits.add(block)
  return bits
}

const listed = (bits: BlockBits): number[] =>
  Array.from({ length: BLOCKS }, (_, block) => block).filter((block) => bits.has(block))

describe('a set of blocks', () => {
  it('holds what was added and nothing else', () => {
    fc.assert(
      fc.property(someBlocks, (blocks) => {
        expect(listed(bitsOf(blocks))).toEqual([...blocks].sort((a, b) => a - b))
        expect(bitsOf(blocks).count()).toBe(blocks.length)
      }),
    )
  })

  it('adds ranges and other sets', () => {
    fc.assert(
      fc.property(someBlocks, fc.nat({ max: BLOCKS }), fc.nat({ max: BLOCKS }), (blocks, one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)]
        const bits = BlockBits.empty(BLOCKS)
        bits.addRange(from, to)
        bits.addAll(bitsOf(blocks))

        const all = new Set([...blocks, ...Array.from({ length: to - from }, (_, i) => from + i)])
        expect(listed(bits)).toEqual([...all].sort((a, b) => a - b))
      }),
    )
  })

  it('divides into runs that give all of it back, none longer than asked', () => {
    fc.assert(
      fc.property(someBlocks, fc.integer({ min: 1, max: 9 }), (blocks, most) => {
        const runs = [...bitsOf(blocks).runs(10, 90, most)]

        expect(runs.every(({ count }) => count >= 1 && count <= most)).toBe(true)
        const given = runs.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i))
        expect(given).toEqual([...blocks].filter((b) => b >= 10 && b < 90).sort((a, b) => a - b))
      }),
    )
  })
})
