/** A small WebSocket server: text frames both ways, pings answered; enough to be Slack's end of Socket Mode. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

export interface WebSocketServer {
  readonly url: string
  /** What clients have said, each a text. */
  readonly heard: string[]
  /** How many clients have come. */
  readonly connections: () => number
  /** To the client that came last. */
  say(text: string): void
  /** Cuts all connections. */
  cut(): void
  close(): Promise<void>
}

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const TEXT = 1
const CLOSE = 8
const PING = 9
const PONG = 10

/** `greeting`: what each client is told first. */
export async function startWebSocketServer(greeting: string): Promise<WebSocketServer> {
  const heard: string[] = []
  const sockets: Duplex[] = []
  let connections = 0
  const server = createServer()
  server.on('upgrade', (request, socket) => {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key'] ?? ''}${MAGIC}`)
      .digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    sockets.push(socket)
    connections += 1
    let rest = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes])
      for (let frame = readFrame(rest); frame !== undefined; frame = readFrame(rest)) {
        rest = rest.subarray(frame.length)
        if (frame.kind === TEXT) heard.push(frame.payload.toString('utf8'))
        if (frame.kind === PING) socket.write(frameOf(PONG, frame.payload))
        if (frame.kind === CLOSE) socket.end(frameOf(CLOSE, frame.payload))
      }
    })
    socket.write(frameOf(TEXT, Buffer.from(greeting)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => sockets.splice(0).forEach((socket) => socket.destroy())
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/link`,
    heard,
    connections: () => connections,
    say: (text) => sockets.at(-1)?.write(frameOf(TEXT, Buffer.from(text))),
    cut,
    close: async () => {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}

function frameOf(kind: number, payload: Buffer): Buffer {
  const head =
    payload.length < 126
      ? Buffer.from([0x80 | kind, payload.length])
      : Buffer.from([0x80 | kind, 126, payload.length >> 8, payload.length & 255])
  return Buffer.concat([head, payload])
}

/** Clients mask what they say; none of ours says more than 64 KiB at once. */
function readFrame(bytes: Buffer): { kind: number; payload: Buffer; length: number } | undefined {
  if (bytes.length < 2) return undefined
  const short = bytes.readUInt8(1) & 127
  const at = short === 126 ? 4 : 2
  if (bytes.length < at + 4) return undefined
  const size = short === 126 ? bytes.readUInt16BE(2) : short
  const length = at + 4 + size
  if (bytes.length < length) return undefined
  const mask = bytes.subarray(at, at + 4)
  const payload = Buffer.from(bytes.subarray(at + 4, length))
  for (let nth = 0; nth < payload.length; nth++)
    payload.writeUInt8(payload.readUInt8(nth) ^ mask.readUInt8(nth % 4), nth)
  return { kind: bytes.readUInt8(0) & 15, payload, length }
}
