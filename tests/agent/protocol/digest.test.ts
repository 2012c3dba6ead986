import { createBLAKE3 } from 'hash-wasm'
import { describe, expect, it } from 'vitest'
import { digestKind, digestOf, toHex } from '../../../agent/protocol/digest.ts'
import { rootOf, zeroDigest, blankRows } from '../../../agent/protocol/geometry.ts'

describe('the digest', () => {
  it('is native here', () => {
    expect(digestKind).toBe('native')
  })

  it('is BLAKE3', () => {
    expect(toHex(digestOf(new Uint8Array(0)))).toBe(
      'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
    )
  })

  it.each([1, 63, 64, 1024, 65_535, 65_536])('is the same from WebAssembly for %i bytes', async (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) % 256)
    const portable = await createBLAKE3()

    expect(toHex(digestOf(bytes))).toBe(portable.init().update(bytes).digest('hex'))
  })
})

describe('the root', () => {
  it('is the recorded one for a blank disk of 1 MiB', () => {
    const groups = digestOf(blankRows(1024 * 1024, 0))

    expect(rootOf(1024 * 1024, groups)).toBe(
      '1b963f523b0d95cd9cf0696dca36c62e82417b68d200299baee894a03c5d9b6d',
    )
  })

  it('differs for a disk of another size with the same groups', () => {
    expect(rootOf(1, zeroDigest())).not.toBe(rootOf(2, zeroDigest()))
  })
})
