/**
 * The data protocol between agent and receiver, over TLS 1.3: frames of {body length u32, type u8, 3 zero bytes}
 * and a body. Integers are little-endian. What is not listed here ends the connection with a fault.
 *
 *   type  name      from      body
 *   1     hello     agent     JSON {version, ticket, connection, wantsGroups}; the first frame of a connection
 *   2     welcome   receiver  disks u32, each {index u32, generation u32, size u64, group digests' bytes u32, digests}
 *   3     rows-ask  agent     disk u32, group u32: the digests of a group that differs from the agent's copy
 *   4     rows      receiver  disk u32, group u32, digests
 *   5     batch     agent     changed blocks, see `batch.ts`
 *   6     ack       receiver  sequence u32: all batches up to it are durable, on this connection. Also a sign of life
 *   7     flush     agent     empty: asks for an ack of what has come so far. Also a sign of life
 *   8     seal      agent     empty: all batches of all connections are acknowledged, the order is finished
 *   9     sealed    receiver  JSON {disks: [{index, root}]}: the roots of the manifests, now durable
 *   10    renew     agent     JSON {ticket}: goes on under this one
 *   11    fault     both      JSON {code, detail}: the last frame of a connection
 *   12    probe     agent     any bytes, which are thrown away: measures the way; under a ticket without disks only
 *   13    probed    receiver  bytes u64: so many bytes of probes have come on this connection
 *   14    lacking   receiver  disk u32, blocks u32 each: sent as pages, they did not give what their digests say on
 *                             what lies here. They are unknown now; comes before the ack of their batch
 */
import { z } from 'zod'
import { MachineFault } from './control.ts'
import { DIGEST_BYTES } from './digest.ts'
import { GROUP_BLOCKS } from './geometry.ts'

export const WIRE_VERSION = 2
export const HEADER_BYTES = 8

/** No frame is longer; a longer one is refused before anything is allocated for it. */
export const FRAME_BYTES = 8 * 1024 * 1024
/** But for a welcome, which tells the groups of all disks: these are of 128 TiB. */
export const WELCOME_BYTES = 64 * 1024 * 1024
/** The limit until an agent has shown a ticket. */
export const HELLO_BYTES = 64 * 1024

export const FRAME = {
  hello: 1,
  welcome: 2,
  rowsAsk: 3,
  rows: 4,
  batch: 5,
  ack: 6,
  flush: 7,
  seal: 8,
  sealed: 9,
  renew: 10,
  fault: 11,
  probe: 12,
  probed: 13,
  lacking: 14,
} as const

const Hello = z.object({
  version: z.number().int(),
  ticket: z.string().max(16_384),
  connection: z.number().int().min(0).max(15),
  wantsGroups: z.boolean(),
})
const Sealed = z.object({
  disks: z.array(z.object({ index: z.number().int(), root: z.string().regex(/^[0-9a-f]{64}$/) })).max(17),
})
const Renew = z.object({ ticket: z.string().max(16_384) })

export interface WelcomeDisk {
  readonly index: number
  readonly generation: number
  readonly sizeBytes: number
  /** Concatenated group digests; empty when they were not asked for. */
  readonly groups: Uint8Array
}

export type Message =
  | ({ readonly type: 'hello' } & z.infer<typeof Hello>)
  | { readonly type: 'welcome'; readonly disks: readonly WelcomeDisk[] }
  | { readonly type: 'rows-ask'; readonly disk: number; readonly group: number }
  | { readonly type: 'rows'; readonly disk: number; readonly group: number; readonly digests: Uint8Array }
  | { readonly type: 'batch'; readonly body: Buffer }
  | { readonly type: 'ack'; readonly sequence: number }
  | { readonly type: 'flush' }
  | { readonly type: 'seal' }
  | ({ readonly type: 'sealed' } & z.infer<typeof Sealed>)
  | ({ readonly type: 'renew' } & z.infer<typeof Renew>)
  | ({ readonly type: 'fault' } & MachineFault)
  | { readonly type: 'probe'; readonly body: Buffer }
  | { readonly type: 'probed'; readonly bytes: number }
  | { readonly type: 'lacking'; readonly disk: number; readonly blocks: readonly number[] }

/** What came is not this protocol. */
export class WireError extends Error {}

/** Writes a frame's header at the start of `frame`, whose body follows it. */
export function writeHeader(frame: Buffer, type: number, bodyBytes: number): void {
  frame.writeUInt32LE(bodyBytes, 0)
  frame.writeUInt32LE(type, 4)
}

const framed = (type: number, ...parts: Uint8Array[]): Buffer => {
  const header = Buffer.alloc(HEADER_BYTES)
  writeHeader(
    header,
    type,
    parts.reduce((sum, part) => sum + part.length, 0),
  )
  return Buffer.concat([header, ...parts])
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

const integers = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, i) => bytes.writeUInt32LE(value, i * 4))
  return bytes
}

const welcomeDisk = (disk: WelcomeDisk): Buffer => {
  const head = Buffer.alloc(20)
  head.writeUInt32LE(disk.index, 0)
  head.writeUInt32LE(disk.generation, 4)
  head.writeBigUInt64LE(BigInt(disk.sizeBytes), 8)
  head.writeUInt32LE(disk.groups.length, 16)
  return Buffer.concat([head, disk.groups])
}

/** A message as one frame. (Agents build batches in place instead: `batch.ts`.) */
export function encode(message: Message): Buffer {
  switch (message.type) {
    case 'hello':
      return framed(FRAME.hello, json(Hello.parse(message)))
    case 'welcome':
      return framed(FRAME.welcome, integers(message.disks.length), ...message.disks.map(welcomeDisk))
    case 'rows-ask':
      return framed(FRAME.rowsAsk, integers(message.disk, message.group))
    case 'rows':
      return framed(FRAME.rows, integers(message.disk, message.group), message.digests)
    case 'batch':
      return framed(FRAME.batch, message.body)
    case 'ack':
      return framed(FRAME.ack, integers(message.sequence))
    case 'flush':
      return framed(FRAME.flush)
    case 'seal':
      return framed(FRAME.seal)
    case 'sealed':
      return framed(FRAME.sealed, json({ disks: message.disks }))
    case 'renew':
      return framed(FRAME.renew, json({ ticket: message.ticket }))
    case 'probe':
      return framed(FRAME.probe, message.body)
    case 'probed': {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64LE(BigInt(message.bytes))
      return framed(FRAME.probed, bytes)
    }
    case 'lacking':
      return framed(FRAME.lacking, integers(message.disk, ...message.blocks))
    case 'fault':
      return framed(FRAME.fault, json({ code: message.code, detail: message.detail.slice(0, 2000) }))
  }
}

function parsed<T>(schema: z.ZodType<T>, body: Buffer): T {
  try {
    return schema.parse(JSON.parse(body.toString('utf8')))
  } catch (cause) {
    throw new WireError('a frame does not hold the JSON it should', { cause })
  }
}

const sized = (body: Buffer, bytes: number): Buffer => {
  if (body.length !== bytes) throw new WireError(`a frame has ${body.length} bytes instead of ${bytes}`)
  return body
}

function welcome(body: Buffer): Message {
  const count = body.length < 4 ? Infinity : body.readUInt32LE(0)
  if (count > 17) throw new WireError('a welcome names too many disks')
  const disks: WelcomeDisk[] = []
  let at = 4
  for (let i = 0; i < count; i++) {
    if (body.length - at < 20) throw new WireError('a welcome is cut off')
    const length = body.readUInt32LE(at + 16)
    if (body.length - at - 20 < length || length % DIGEST_BYTES !== 0)
      throw new WireError('a welcome is cut off')
    disks.push({
      index: body.readUInt32LE(at),
      generation: body.readUInt32LE(at + 4),
      sizeBytes: Number(body.readBigUInt64LE(at + 8)),
      groups: body.subarray(at + 20, at + 20 + length),
    })
    at += 20 + length
  }
  sized(body, at)
  return { type: 'welcome', disks }
}

function rows(body: Buffer): Message {
  const digests = body.subarray(8)
  if (body.length < 8 || digests.length > GROUP_BLOCKS * DIGEST_BYTES || digests.length % DIGEST_BYTES !== 0)
    throw new WireError(`rows of ${body.length} bytes`)
  return { type: 'rows', disk: body.readUInt32LE(0), group: body.readUInt32LE(4), digests }
}

function lacking(body: Buffer): Message {
  const blocks = body.length / 4 - 1
  if (blocks < 1 || blocks > GROUP_BLOCKS || !Number.isInteger(blocks))
    throw new WireError(`lacking blocks in ${body.length} bytes`)
  return {
    type: 'lacking',
    disk: body.readUInt32LE(0),
    blocks: Array.from({ length: blocks }, (_, i) => body.readUInt32LE((i + 1) * 4)),
  }
}

/** Reads a frame's body. Buffers in the result are views of it. Throws WireError. */
export function decode(type: number, body: Buffer): Message {
  switch (type) {
    case FRAME.hello:
      return { type: 'hello', ...parsed(Hello, body) }
    case FRAME.welcome:
      return welcome(body)
    case FRAME.rowsAsk:
      return { type: 'rows-ask', disk: sized(body, 8).readUInt32LE(0), group: body.readUInt32LE(4) }
    case FRAME.rows:
      return rows(body)
    case FRAME.batch:
      return { type: 'batch', body }
    case FRAME.ack:
      return { type: 'ack', sequence: sized(body, 4).readUInt32LE(0) }
    case FRAME.flush:
      sized(body, 0)
      return { type: 'flush' }
    case FRAME.seal:
      sized(body, 0)
      return { type: 'seal' }
    case FRAME.sealed:
      return { type: 'sealed', ...parsed(Sealed, body) }
    case FRAME.renew:
      return { type: 'renew', ...parsed(Renew, body) }
    case FRAME.probe:
      return { type: 'probe', body }
    case FRAME.probed:
      return { type: 'probed', bytes: Number(sized(body, 8).readBigUInt64LE(0)) }
    case FRAME.lacking:
      return lacking(body)
    case FRAME.fault:
      return { type: 'fault', ...parsed(MachineFault, body) }
    default:
      throw new WireError(`unknown frame type ${type}`)
  }
}
