import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameParser } from '../../../agent/protocol/frame-parser.ts'
import { encode, FRAME_BYTES, WELCOME_BYTES, WireError, type Message } from '../../../agent/protocol/wire.ts'

const digests = (n: number): Uint8Array => Uint8Array.from({ length: 32 * n }, (_, i) => i % 256)

const MESSAGES: readonly Message[] = [
  { type: 'hello', version: 1, ticket: 'a.b', connection: 1, wantsGroups: true },
  { type: 'welcome', disks: [{ index: 0, generation: 7, sizeBytes: 5_000_000_000, groups: digests(2) }] },
  { type: 'rows-ask', disk: 1, group: 2 },
  { type: 'rows', disk: 1, group: 2, digests: digests(3) },
  { type: 'batch', body: Buffer.from('a body') },
  { type: 'ack', sequence: 9 },
  { type: 'flush' },
  { type: 'seal' },
  { type: 'sealed', disks: [{ index: 0, root: 'ab'.repeat(32) }] },
  { type: 'renew', ticket: 'c.d' },
  { type: 'fault', code: 'PROTOCOL', detail: 'no' },
  { type: 'probe', body: Buffer.from('anything') },
  { type: 'probed', bytes: 2 ** 40 },
]

/** Frames as they have always been: a change here is a change of the protocol's version. */
const GOLDEN: readonly (readonly [Message, string])[] = [
  [{ type: 'ack', sequence: 258 }, '040000000600000002010000'],
  [{ type: 'flush' }, '0000000007000000'],
  [{ type: 'seal' }, '0000000008000000'],
  [{ type: 'rows-ask', disk: 3, group: 17 }, '08000000030000000300000011000000'],
  [
    { type: 'welcome', disks: [{ index: 1, generation: 2, sizeBytes: 4096, groups: new Uint8Array(0) }] },
    '1800000002000000' + '01000000' + '01000000' + '02000000' + '0010000000000000' + '00000000',
  ],
  [{ type: 'renew', ticket: 'x' }, '0e0000000a000000' + Buffer.from('{"ticket":"x"}').toString('hex')],
]

function parse(chunks: readonly Buffer[], limit?: number): Message[] {
  const found: Message[] = []
  const parser = new FrameParser((message) => found.push(message), limit)
  for (const chunk of chunks) parser.push(chunk)
  return found
}

/** Buffers and typed arrays with the same bytes count as equal. */
const plain = (messages: readonly Message[]): unknown =>
  JSON.parse(
    JSON.stringify(messages, (_, v: unknown) => (v instanceof Uint8Array ? [...v] : v)).replaceAll(
      /\{"type":"Buffer","data":(\[[^\]]*\])\}/g,
      '$1',
    ),
  )

describe('the wire', () => {
  it.each(GOLDEN)('writes %o as recorded', (message, hex) => {
    expect(encode(message).toString('hex')).toBe(hex)
  })

  it.each(MESSAGES)('reads back $type', (message) => {
    expect(plain(parse([encode(message)]))).toEqual(plain([message]))
  })

  it('reads the same messages wherever the stream is split in two', () => {
    const stream = Buffer.concat(MESSAGES.map(encode))
    const whole = plain(MESSAGES)

    for (let at = 0; at <= stream.length; at++)
      expect(plain(parse([stream.subarray(0, at), stream.subarray(at)]))).toEqual(whole)
  })

  it('reads the same messages byte by byte', () => {
    const stream = Buffer.concat(MESSAGES.map(encode))

    expect(plain(parse([...stream].map((byte) => Buffer.from([byte]))))).toEqual(plain(MESSAGES))
  })

  it('refuses a frame that is too long before taking memory for it', () => {
    const header = Buffer.alloc(8)
    header.writeUInt32LE(FRAME_BYTES + 1, 0)
    header.writeUInt32LE(5, 4)
    const allocated: number[] = []
    const parser = new FrameParser(
      () => undefined,
      FRAME_BYTES,
      (bytes) => {
        allocated.push(bytes)
        return Buffer.alloc(bytes)
      },
    )

    expect(() => parser.push(header)).toThrow(WireError)
    expect(allocated).toEqual([])
  })

  it('has room for the welcome of a server of 64 TiB', () => {
    const groups = Buffer.alloc((64 * 1024 * 1024 * 32) / 64, 7)
    const welcome = encode({
      type: 'welcome',
      disks: [{ index: 0, generation: 1, sizeBytes: 2 ** 46, groups }],
    })

    expect(welcome.length).toBeGreaterThan(FRAME_BYTES)
    expect(parse([welcome], WELCOME_BYTES)).toMatchObject([
      { type: 'welcome', disks: [{ sizeBytes: 2 ** 46 }] },
    ])
  })

  it.each([0, 14, 255, 256, 0x01000005])('refuses the unknown frame type %i', (type) => {
    const header = Buffer.alloc(8)
    header.writeUInt32LE(type, 4)

    expect(() => parse([header])).toThrow(WireError)
  })

  it('answers any bytes with messages or a WireError, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
        try {
          parse(chunks.map((chunk) => Buffer.from(chunk)))
        } catch (problem) {
          expect(problem).toBeInstanceOf(WireError)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('answers any altered frame with messages or a WireError, and nothing else', () => {
    const stream = Buffer.concat(MESSAGES.map(encode))
    fc.assert(
      fc.property(fc.nat(stream.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const altered = Buffer.from(stream)
        altered[at] = byte
        try {
          parse([altered])
        } catch (problem) {
          expect(problem).toBeInstanceOf(WireError)
        }
      }),
      { numRuns: 3000 },
    )
  })
})
