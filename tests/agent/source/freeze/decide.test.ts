import { describe, expect, it } from 'vitest'
import { nextStep, type Rest } from '../../../../agent/source/freeze/decide.ts'

const MIB = 1024 * 1024
const LIMITS = { mostMs: 2000, mostBytes: 64 * MIB }
const rest = (change: Partial<Rest>): Rest => ({
  ...{ bytes: MIB, before: undefined, passes: 1, bytesPerSecond: 200 * MIB },
  ...change,
})

describe('after a pass', () => {
  it.each<[string, Partial<Rest>]>([
    ['next to nothing is left', {}],
    ['the rest no longer shrinks and fits', { bytes: 20 * MIB, before: 22 * MIB, passes: 3 }],
    ['the passes are used up and the rest fits', { bytes: 30 * MIB, before: 300 * MIB, passes: 10 }],
  ])('writes are held when %s', (_, change) => {
    expect(nextStep(rest(change), LIMITS)).toBe('freeze')
  })

  it.each<[string, Partial<Rest>]>([
    ['the rest is large and it was the first pass', { bytes: 20 * MIB }],
    ['the rest shrinks', { bytes: 20 * MIB, before: 60 * MIB, passes: 2 }],
    ['the rest does not fit into memory', { bytes: 50 * MIB, before: 50 * MIB, passes: 2 }],
    ['the rest would take too long to read', { bytes: 2 * MIB, bytesPerSecond: MIB, passes: 2 }],
  ])('another pass follows when %s', (_, change) => {
    expect(nextStep(rest(change), LIMITS)).toBe('pass')
  })

  it('there is no instant when writes never come to fit', () => {
    expect(nextStep(rest({ bytes: 500 * MIB, before: 500 * MIB, passes: 10 }), LIMITS)).toEqual({
      because: 'writes come too fast: 500 MiB were left after 10 passes',
    })
  })

  it('a disk of which nothing is known yet is taken for a slow one', () => {
    expect(nextStep(rest({ bytes: 20 * MIB, before: 20 * MIB, bytesPerSecond: null }), LIMITS)).toBe('pass')
  })
})
