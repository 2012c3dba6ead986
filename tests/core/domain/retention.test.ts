import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { imagesToDelete, markUsed } from '../../../core/domain/retention.ts'

const image = (number: number, more: { pinned?: boolean; inUse?: boolean } = {}) => ({
  id: String(number),
  number,
  pinned: false,
  inUse: false,
  ...more,
})
const numbers = (images: readonly { number: number }[]): number[] => images.map(({ number }) => number)

describe('keep', () => {
  it('S3: deletes the earliest over the number', () => {
    expect(numbers(imagesToDelete([image(3), image(1), image(2)], 2).deletable)).toEqual([1])
  })

  it('S3: passes over an image that is in use and takes the next earliest', () => {
    expect(numbers(imagesToDelete([image(1, { inUse: true }), image(2), image(3)], 2).deletable)).toEqual([2])
  })

  it('passes over a pinned image', () => {
    expect(numbers(imagesToDelete([image(1, { pinned: true }), image(2), image(3)], 2).deletable)).toEqual([
      2,
    ])
  })

  it('keeps all and says how many are too many when all are in use', () => {
    const used = [1, 2, 3].map((number) => image(number, { inUse: true }))
    expect(imagesToDelete(used, 1)).toEqual({ deletable: [], overflow: 2 })
  })

  it('never deletes the newest, a used or a pinned one, nor more than the surplus', () => {
    const images = fc.array(fc.record({ pinned: fc.boolean(), inUse: fc.boolean() }), { maxLength: 14 })
    fc.assert(
      fc.property(images, fc.integer({ min: 1, max: 10 }), (flags, keep) => {
        const all = flags.map((flag, index) => image(index + 1, flag))
        const { deletable, overflow } = imagesToDelete(all, keep)
        expect(deletable.some((one) => one.inUse || one.pinned || one.number === all.length)).toBe(false)
        expect(deletable.length + overflow).toBe(Math.max(0, all.length - keep))
        // The earliest of those that may go: none that stays could have gone before one that goes.
        const free = all.slice(0, -1).filter((one) => !one.inUse && !one.pinned)
        expect(deletable).toEqual(free.slice(0, deletable.length))
        expect(overflow === 0 || deletable.length === free.length).toBe(true)
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('an image in use', () => {
  const images = [1, 2, 3].map((number) => ({ id: `image-${number}`, cloudId: `m-${number}`, inUse: false }))
  const used = (marked: readonly { inUse: boolean }[]) => marked.map(({ inUse }) => inUse)

  it('S5: is one that a server was made of, or is about to be: the ledger knows it before the cloud', () => {
    const server = { kind: 'instance', request: { image: 'm-1' } }
    const others = [
      { kind: 'instance', request: { receiver: 'a digest' } },
      { kind: 'image', request: { image: 'm-2' } },
    ]

    expect(used(markUsed(images, [server, ...others], []))).toEqual([true, false, false])
  })

  it('S16: is one that a verification under way looks at', () => {
    const running = { imageId: 'image-3', endedAt: null }
    const ended = { imageId: 'image-2', endedAt: new Date(0) }

    expect(used(markUsed(images, [], [running, ended]))).toEqual([false, false, true])
  })
})
