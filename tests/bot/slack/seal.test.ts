import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { sealWith } from '../../../bot/slack/seal.ts'

const seal = sealWith(randomBytes(32))
const SECRET = 'xoxb-a-token-that-nobody-sees'

describe('a sealed token', () => {
  it('opens with its key for what it is about, and shows nothing of itself', () => {
    const sealed = seal.close(SECRET, 'T1')

    expect(seal.open(sealed, 'T1')).toBe(SECRET)
    expect(Buffer.from(sealed.slice(3), 'base64').toString('latin1')).not.toContain('xoxb')
    expect(seal.close(SECRET, 'T1')).not.toBe(sealed)
  })

  it('does not open with another key, for another workspace, or when a byte has changed', () => {
    const sealed = seal.close(SECRET, 'T1')
    const bytes = Buffer.from(sealed.slice(3), 'base64')
    const changed = (at: number): string => {
      const copy = Buffer.from(bytes)
      copy.writeUInt8(copy.readUInt8(at) ^ 1, at)
      return `v1:${copy.toString('base64')}`
    }

    expect(() => sealWith(randomBytes(32)).open(sealed, 'T1')).toThrow()
    expect(() => seal.open(sealed, 'T2')).toThrow()
    for (const at of [0, 12, bytes.length - 1]) expect(() => seal.open(changed(at), 'T1')).toThrow()
  })

  it.each(['', 'v1:', 'v2:AAAA', 'nonsense'])('is not taken for one: "%s"', (text) => {
    expect(() => seal.open(text, 'T1')).toThrow()
  })
})
