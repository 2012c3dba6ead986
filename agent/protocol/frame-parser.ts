/** Cuts a stream into frames, however the network split it. */
import { decode, FRAME_BYTES, HEADER_BYTES, WireError, type Message } from './wire.ts'

/**
 * Copies `bytes` to `at`. `copy` would do it byte by byte where threads share the memory and the addresses do not
 * match modulo 8, ten times as slow; `fill` with as many bytes as there is room is a plain copy everywhere.
 */
function put(bytes: Buffer, target: Buffer, at: number): void {
  if (bytes.length > 0) target.fill(bytes, at, at + bytes.length)
}

/**
 * Feed it chunks, it hands over messages in order. The length of a frame is checked before memory is taken for it,
 * and then every byte is copied once, to where it stays. Throws WireError; the connection is then of no more use.
 */
export class FrameParser {
  /** The longest body accepted, in bytes; may be raised when the peer has shown who it is. */
  limit: number
  private readonly deliver: (message: Message) => void
  private readonly allocate: (bytes: number, type: number) => Buffer
  private readonly header = Buffer.alloc(HEADER_BYTES)
  private headerBytes = 0
  private body: Buffer | undefined
  private bodyBytes = 0

  /** `allocate` gives the memory for a body; it lets the caller recycle buffers. */
  constructor(
    deliver: (message: Message) => void,
    limit = FRAME_BYTES,
    allocate: (bytes: number, type: number) => Buffer = (bytes) => Buffer.allocUnsafe(bytes),
  ) {
    this.deliver = deliver
    this.limit = limit
    this.allocate = allocate
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.body === undefined) {
        const taken = chunk.copy(this.header, this.headerBytes, at)
        at += taken
        this.headerBytes += taken
        if (this.headerBytes < HEADER_BYTES) return
        this.begin(this.header.readUInt32LE(0), this.header.readUInt32LE(4))
      } else {
        const taken = Math.min(chunk.length - at, this.body.length - this.bodyBytes)
        put(chunk.subarray(at, at + taken), this.body, this.bodyBytes)
        at += taken
        this.bodyBytes += taken
      }
      if (this.body !== undefined && this.bodyBytes === this.body.length) this.finish(this.body)
    }
  }

  private begin(length: number, type: number): void {
    if (length > this.limit) throw new WireError(`a frame of ${length} bytes, more than ${this.limit}`)
    if (type === 0 || type > 255) throw new WireError(`unknown frame type ${type}`)
    this.body = this.allocate(length, type)
    this.bodyBytes = 0
  }

  private finish(body: Buffer): void {
    this.body = undefined
    this.headerBytes = 0
    this.deliver(decode(this.header.readUInt32LE(4), body))
  }
}
