import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { CompressionChoice, packed } from '../../../agent/source/compress.ts'

const MB = 1e6

/** Lets a connection send for some seconds and tells, second by second, whether it packed. */
function seconds(
  choice: CompressionChoice,
  count: number,
  sends: (isPacked: boolean) => { bytes: number; wireBytes: number; waitedMs: number },
): boolean[] {
  return Array.from({ length: count }, (_, i) => {
    const packed = choice.isWorthwhile()
    const { bytes, wireBytes, waitedMs } = sends(packed)
    choice.sent(bytes, wireBytes, waitedMs, (i + 1) * 1000)
    return packed
  })
}

describe('compression that is changed in mid-order', () => {
  it('is what was asked for at once, and measures anew when it may choose', () => {
    const choice = new CompressionChoice('off', 0)

    const modes = (['on', 'off', 'auto', 'on'] as const).map((mode, i) => {
      choice.follow(mode, i * 1000)
      return choice.isWorthwhile()
    })

    expect(modes).toEqual([true, false, false, true])
  })
})

describe('compression by choice', () => {
  it('stays off on a link that is faster than the compressor', () => {
    const packed = seconds(new CompressionChoice('auto', 0), 20, () => ({
      bytes: 500 * MB,
      wireBytes: 500 * MB,
      waitedMs: 900,
    }))

    expect(packed).not.toContain(true)
  })

  it('stays off while the disk is what is waited for', () => {
    const packed = seconds(new CompressionChoice('auto', 0), 20, () => ({
      bytes: 10 * MB,
      wireBytes: 10 * MB,
      waitedMs: 100,
    }))

    expect(packed).not.toContain(true)
  })

  it('goes on, and stays on, where blocks go faster with it', () => {
    const packed = seconds(new CompressionChoice('auto', 0), 20, (isPacked) => ({
      bytes: (isPacked ? 25 : 10) * MB,
      wireBytes: 10 * MB,
      waitedMs: 900,
    }))

    expect(packed.slice(3)).not.toContain(false)
  })

  it('is tried ever more seldom where it gains nothing', () => {
    const packed = seconds(new CompressionChoice('auto', 0), 60, () => ({
      bytes: 20 * MB,
      wireBytes: 10 * MB,
      waitedMs: 900,
    }))

    expect(packed.filter(Boolean).length).toBeLessThanOrEqual(4)
  })

  it('does as the order says', () => {
    expect(new CompressionChoice('on', 0).isWorthwhile()).toBe(true)
    expect(new CompressionChoice('off', 0).isWorthwhile()).toBe(false)
  })
})

describe('packing', () => {
  it('leaves alone what does not shrink', () => {
    expect(packed(randomBytes(65_536))).toBeUndefined()
    expect(packed(Buffer.alloc(65_536, 'text '))?.length).toBeLessThan(1000)
  })
})
