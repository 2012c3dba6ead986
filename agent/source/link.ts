/** One TLS connection to the receiver. Not a byte is sent before the receiver's key is the one in the ticket. */
import { createHash } from 'node:crypto'
import { connect, type TLSSocket } from 'node:tls'
import { Fault } from '../protocol/fault.ts'
import { failpoint } from '../protocol/failpoint.ts'
import { FrameParser } from '../protocol/frame-parser.ts'
import { encode, WELCOME_BYTES, WireError, type Message } from '../protocol/wire.ts'

const CONNECT_MS = 5_000
/** How often a quiet connection shows a sign of life, and how long it may show none, in milliseconds. */
const BEAT_MS = 5_000
const SILENCE_MS = 30_000
/** What TLS adds: a record holds up to 16 KiB and costs 22 bytes. */
const RECORD_BYTES = 16_384
const RECORD_COST_BYTES = 22

export interface Receiver {
  readonly host: string
  readonly port: number
  /** SHA-256 (hex) of the SPKI of its TLS key. */
  readonly tlsPin: string
}

/** What a link tells. `closed` comes once, last; with a fault if the receiver gave a reason. */
export interface LinkEvents {
  readonly message: (message: Message) => void
  readonly closed: (reason: Fault) => void
  /** Bytes that go to the network, TLS records included. */
  readonly sent: (bytes: number) => void
}

function pinOfPeer(socket: TLSSocket): string | undefined {
  const key = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' })
  return key && createHash('sha256').update(key).digest('hex')
}

/** Throws Fault RECEIVER_UNREACHABLE. */
function secureSocket(receiver: Receiver): Promise<TLSSocket> {
  const { host, port } = receiver
  return new Promise((resolve, reject) => {
    const refuse = (why: string, cause?: unknown): void => {
      clearTimeout(patience)
      socket.destroy()
      reject(new Fault('RECEIVER_UNREACHABLE', `${host}:${port}: ${why}`, { cause }))
    }
    failpoint('agent:connect:before')
    // The certificate says nothing, and no authority is asked; the pin below is what is trusted.
    const trust = { ca: [], rejectUnauthorized: false }
    const socket = connect({ host, port, minVersion: 'TLSv1.3', ...trust })
    const patience = setTimeout(() => refuse(`no answer within ${CONNECT_MS / 1000} s`), CONNECT_MS)
    socket.once('error', (problem: Error) => refuse(problem.message, problem))
    socket.once('close', () => refuse('it closed the connection'))
    socket.once('secureConnect', () => {
      if (pinOfPeer(socket) !== receiver.tlsPin)
        return refuse('what answers there is not the receiver: wrong key')
      clearTimeout(patience)
      socket.removeAllListeners('error').removeAllListeners('close')
      resolve(socket)
    })
  })
}

export class Link {
  private readonly socket: TLSSocket
  private readonly beat: NodeJS.Timeout
  private readonly sent: (bytes: number) => void
  private reason: Fault | undefined
  private heardAt = Date.now()
  private isOver = false

  private constructor(socket: TLSSocket, events: LinkEvents) {
    this.socket = socket
    this.sent = events.sent
    const parser = new FrameParser((message) => {
      if (message.type === 'fault') this.reason = new Fault(message.code as 'INTERNAL', message.detail)
      else if (!this.isOver) events.message(message)
    }, WELCOME_BYTES)
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      this.heardAt = Date.now()
      try {
        parser.push(chunk)
      } catch (problem) {
        if (!(problem instanceof WireError)) throw problem
        this.close(new Fault('PROTOCOL', `the receiver: ${problem.message}`))
      }
    })
    socket.on(
      'error',
      (problem: Error) => (this.reason ??= new Fault('RECEIVER_UNREACHABLE', problem.message)),
    )
    socket.on('end', () => socket.destroy())
    socket.on('close', () => {
      clearInterval(this.beat)
      this.isOver = true
      events.closed(this.reason ?? new Fault('RECEIVER_UNREACHABLE', 'the receiver closed the connection'))
    })
    this.beat = setInterval(() => this.stayAlive(), BEAT_MS)
  }

  static async open(receiver: Receiver, events: LinkEvents): Promise<Link> {
    const socket = await secureSocket(receiver)
    failpoint('agent:connect:after')
    return new Link(socket, events)
  }

  /** Sends a message. */
  say(message: Message): void {
    void this.send(encode(message))
  }

  /** Writes a frame; true when more may follow at once, else `drained` tells when. */
  send(frame: Buffer): boolean {
    if (this.isOver) return true
    this.sent(frame.length + Math.ceil(frame.length / RECORD_BYTES) * RECORD_COST_BYTES)
    return this.socket.write(frame)
  }

  /** Waits until the socket takes more, or is closed. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isOver || !this.socket.writableNeedDrain) return resolve()
      const done = (): void => {
        this.socket.off('drain', done).off('close', done)
        resolve()
      }
      this.socket.on('drain', done).on('close', done)
    })
  }

  /** Ends the connection at once. Repeatable. */
  close(reason?: Fault): void {
    this.reason ??= reason
    this.socket.destroy()
  }

  private stayAlive(): void {
    if (Date.now() - this.heardAt > SILENCE_MS)
      return this.close(new Fault('RECEIVER_UNREACHABLE', `nothing came for ${SILENCE_MS / 1000} s`))
    this.say({ type: 'flush' })
  }
}
