import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BATCH_BYTES,
  frameBatch,
  HEADROOM_BYTES,
  PAYLOAD_BYTES,
  payloadBytesOf,
  readBatch,
  renumber,
  type BatchEntry,
  type BatchHead,
} from '../../../agent/protocol/batch.ts'
import { digestOf } from '../../../agent/protocol/digest.ts'
import { zeroDigest, zeros } from '../../../agent/protocol/geometry.ts'
import { WireError } from '../../../agent/protocol/wire.ts'
import { checkBatch } from '../../../agent/receiver/check-batch.ts'
import { brotliCompressSync, constants } from 'node:zlib'

const SIZE = 10 * 65_536 - 100
const data = Buffer.alloc(65_536, 7)

const HEAD: BatchHead = {
  sequence: 1,
  disk: 0,
  isCompressed: false,
  entries: [
    { block: 3, kind: 'data', length: 65_536, digest: digestOf(data) },
    { block: 4, kind: 'zero', length: 65_536, digest: zeroDigest() },
    { block: 9, kind: 'data', length: 65_436, digest: digestOf(data.subarray(100)) },
  ],
}
const payload = Buffer.concat([data, data.subarray(100)])

function body(head: BatchHead, bytes: Buffer): Buffer {
  const buffer = Buffer.alloc(HEADROOM_BYTES + PAYLOAD_BYTES)
  bytes.copy(buffer, HEADROOM_BYTES)
  return Buffer.from(frameBatch(buffer, head, bytes.length).subarray(8))
}

const check = (bytes: Buffer): unknown => checkBatch(bytes, (disk) => (disk === 0 ? SIZE : undefined))
const withEntry = (i: number, change: object): BatchHead => ({
  ...HEAD,
  entries: HEAD.entries.map((entry, j) => (i === j ? { ...entry, ...change } : entry)),
})

describe('a batch', () => {
  it('is read back as it was framed', () => {
    const batch = readBatch(body(HEAD, payload))

    expect(batch.entries.map(({ block, kind, length }) => [block, kind, length])).toEqual([
      [3, 'data', 65_536],
      [4, 'zero', 65_536],
      [9, 'data', 65_436],
    ])
    expect(batch.payload.equals(payload)).toBe(true)
  })

  it('carries the changed pages of a block, and the digest of all of it', () => {
    const entry = { ...HEAD.entries[0], kind: 'pages', pages: 0b101 } as BatchEntry
    const batch = readBatch(body({ ...HEAD, entries: [entry] }, data.subarray(0, 8192)))

    expect(batch.entries).toEqual([entry])
    expect(batch.rawBytes).toBe(8192)
  })

  it.each([
    ['no pages', { kind: 'pages', pages: 0 }],
    ['pages of a whole block', { kind: 'data', pages: 1 }],
    ['pages of a short block', { kind: 'pages', pages: 1, length: 8192 }],
  ] as const)('is refused with %s', (_, change) => {
    const entry = { ...HEAD.entries[0], ...change } as BatchEntry
    const bytes = Buffer.alloc(payloadBytesOf(entry))

    expect(() => readBatch(body({ ...HEAD, entries: [entry] }, bytes))).toThrow(WireError)
  })

  it('has the header that was recorded', () => {
    const one = {
      ...HEAD,
      sequence: 5,
      disk: 2,
      entries: [{ block: 258, kind: 'zero' as const, length: 512, digest: zeroDigest(512) }],
    }

    expect(body(one, Buffer.alloc(0)).toString('hex')).toBe(
      '05000000' +
        '02000000' +
        '00000000' +
        '01000000' +
        '00000000' +
        '02010000' +
        '00000000' +
        '00020000' +
        Buffer.from(digestOf(zeros(512))).toString('hex'),
    )
  })

  it('takes another number when it is sent again', () => {
    const buffer = Buffer.alloc(HEADROOM_BYTES + PAYLOAD_BYTES)
    const frame = frameBatch(buffer, HEAD, payload.length)

    renumber(frame, 77)

    expect(frame.readUInt32LE(8)).toBe(77)
  })

  it('is accepted packed', () => {
    expect(check(body({ ...HEAD, isCompressed: true }, brotliCompressSync(payload)))).toMatchObject({
      sequence: 1,
    })
  })

  it('never outgrows the limit of its frame', () => {
    expect(BATCH_BYTES).toBeLessThan(8 * 1024 * 1024)
  })

  it('is refused when a digest does not fit its bytes', () => {
    const damaged = Buffer.from(payload)
    damaged[1000] = 8

    expect(() => check(body(HEAD, damaged))).toThrow('not what its digest says')
  })

  it('is refused when zeros are said to have another digest', () => {
    expect(() => check(body(withEntry(1, { digest: digestOf(data) }), payload))).toThrow(
      'not what its digest says',
    )
  })

  it.each([
    ['a block beyond the disk', withEntry(2, { block: 10 })],
    ['a block number near 2^32', withEntry(2, { block: 0xffffffff })],
    ['a last block of full length', withEntry(1, { block: 9 })],
    ['another disk', { ...HEAD, disk: 1 }],
  ])('is refused for %s', (_, head) => {
    expect(() => check(body(head, payload))).toThrow(/is not of/)
  })

  it.each([
    ['twice', withEntry(1, { block: 3 })],
    ['after one that lies behind it', withEntry(1, { block: 2 })],
  ])('is refused when a block comes %s', (_, head) => {
    expect(() => check(body(head, payload))).toThrow('not in the order')
  })

  it('is refused when it unpacks to more than it says, without unpacking it', () => {
    const bomb = brotliCompressSync(Buffer.alloc(64 * 1024 * 1024), {
      params: { [constants.BROTLI_PARAM_QUALITY]: 1 },
    })
    const before = process.memoryUsage().rss

    expect(() => check(body({ ...HEAD, isCompressed: true }, bomb))).toThrow('does not unpack')
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * 1024 * 1024)
  })

  it('is read, or refused with a WireError, whatever one byte of it becomes', () => {
    const good = body(HEAD, payload)
    fc.assert(
      fc.property(fc.nat(20 + 3 * 44 - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const altered = Buffer.from(good)
        altered[at] = byte
        try {
          readBatch(altered)
        } catch (problem) {
          expect(problem).toBeInstanceOf(WireError)
        }
      }),
      { numRuns: 500 },
    )
  })
})
