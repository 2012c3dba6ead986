import { brotliCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { frameBatch, HEADROOM_BYTES, PAYLOAD_BYTES, type BatchEntry } from '../../../agent/protocol/batch.ts'
import { digestOf } from '../../../agent/protocol/digest.ts'
import { BLOCK_BYTES } from '../../../agent/protocol/geometry.ts'
import { HEADER_BYTES } from '../../../agent/protocol/wire.ts'
import { checkBatch, type CheckedBatch } from '../../../agent/receiver/check-batch.ts'

/** A disk of two blocks and a short third one. */
const SIZE = 2 * BLOCK_BYTES + 512
const whole = Buffer.alloc(BLOCK_BYTES, 7)

const data = (block: number, bytes = whole, digest = digestOf(bytes)): [BatchEntry, Buffer] => [
  { block, kind: 'data', length: bytes.length, digest },
  bytes,
]

function checked(parts: readonly [BatchEntry, Buffer][], packed?: Buffer): CheckedBatch {
  const buffer = Buffer.alloc(HEADROOM_BYTES + PAYLOAD_BYTES)
  const payload = packed ?? Buffer.concat(parts.map(([, bytes]) => bytes))
  payload.copy(buffer, HEADROOM_BYTES)
  const entries = parts.map(([entry]) => entry)
  const head = { sequence: 1, disk: 0, isCompressed: packed !== undefined, entries }
  const body = frameBatch(buffer, head, payload.length).subarray(HEADER_BYTES)
  return checkBatch(body, (disk) => (disk === 0 ? SIZE : undefined))
}

describe('what of a batch may be written', () => {
  it('is what its digests say, in the order of the disk, packed or not', () => {
    const parts = [data(0), data(2, whole.subarray(0, 512))]

    expect(checked(parts).raw.length).toBe(BLOCK_BYTES + 512)
    const bytes = Buffer.concat(parts.map(([, part]) => part))
    expect(checked(parts, brotliCompressSync(bytes)).raw.equals(bytes)).toBe(true)
  })

  it.each<[string, () => unknown]>([
    ['a block that came twice', () => checked([data(1), data(1)])],
    ['blocks out of order', () => checked([data(1), data(0)])],
    ['a block behind the end', () => checked([data(3)])],
    ['a last block that is too long', () => checked([data(2)])],
    ['a block that is too short', () => checked([data(1, whole.subarray(0, 512))])],
    ['another digest', () => checked([data(1, whole, digestOf(Buffer.from('else')))])],
    ['more than it says, packed', () => checked([data(1)], brotliCompressSync(Buffer.alloc(4e6, 7)))],
    ['less than it says, packed', () => checked([data(1)], brotliCompressSync(whole.subarray(1)))],
    [
      'zeros that its digest does not know',
      () =>
        checked([
          [{ block: 0, kind: 'zero', length: BLOCK_BYTES, digest: digestOf(whole) }, Buffer.alloc(0)],
        ]),
    ],
  ])('is nothing of one with %s', (_, check) => {
    expect(check).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  })
})
