/** One connection of an agent: its ticket, its batches on the way to the disks, its answers. */
import type { TLSSocket } from 'node:tls'
import { asMachineFault, Fault } from '../protocol/fault.ts'
import { FrameParser } from '../protocol/frame-parser.ts'
import { groupsOf } from '../protocol/geometry.ts'
import { log, wordsOf } from '../protocol/log.ts'
import { readTicket, type Ticket } from '../protocol/ticket.ts'
import {
  encode,
  FRAME,
  FRAME_BYTES,
  HELLO_BYTES,
  WIRE_VERSION,
  WireError,
  type Message,
} from '../protocol/wire.ts'
import type { Sealed } from './home.ts'
import type { Disks } from './disks.ts'
import { readInto } from './read-into.ts'

/** What a session needs of the receiver around it. */
export interface SessionHost {
  readonly disks: Disks
  readonly machine: string
  readonly ticketKey: string
  readonly tlsPin: string
  /** Size of a configured disk, by its index. */
  readonly sizeOf: (disk: number) => number | undefined
  /**
   * Accepts the ticket's epoch, durably, and ends sessions of lower ones and the one whose place this takes; throws
   * TICKET_REFUSED if the epoch is itself lower.
   */
  readonly admit: (ticket: Ticket, session: Session) => void
  /** The agent finished its order; returns once that is remembered. */
  readonly sealed: (sealed: Omit<Sealed, 'isReported'>) => void
  readonly ended: (session: Session) => void
}

/** Silence after which a connection is closed. */
const IDLE_MS = 60_000
/** How long a stranger may take to show a ticket. */
const HELLO_MS = 10_000
/** Bytes that one session may throw at the receiver to measure the way; no speed test sends as many. */
const PROBE_BYTES = 256 * 1024 * 1024
/** Bytes of one session on their way to the disks, above which its socket is not read. */
const PAUSE_BYTES = 8 * 1024 * 1024

export class Session {
  readonly id: number
  ticket: Ticket | undefined
  /** Which of its agent's connections this is. */
  connection: number | undefined
  private readonly socket: TLSSocket
  private readonly host: SessionHost
  private readonly parser: FrameParser
  private readonly patience: NodeJS.Timeout
  /** Frames are answered one after the other; batches need no answer and never wait. */
  private answering: Promise<void> = Promise.resolve()
  private readonly inFlight: { readonly sequence: number; readonly bytes: number }[] = []
  private inFlightBytes = 0
  private acknowledged = 0
  private probedBytes = 0
  /** The body of a batch that is still coming. */
  private coming: Buffer | undefined
  private isWelcome = false
  private isOver = false

  constructor(id: number, socket: TLSSocket, host: SessionHost) {
    this.id = id
    this.socket = socket
    this.host = host
    this.parser = new FrameParser(
      (message) => this.take(message),
      HELLO_BYTES,
      (bytes, type) => this.memory(bytes, type),
    )
    this.patience = setTimeout(() => this.fail(new Fault('TICKET_REFUSED', 'no ticket was shown')), HELLO_MS)
    socket.setNoDelay(true)
    socket.setTimeout(IDLE_MS, () => {
      // With batches on their way it is the disk that is slow, and the socket may not even be read.
      if (this.inFlight.length === 0) this.fail(new Fault('PROTOCOL', 'nothing came for 60 s'))
    })
    const read = (chunk: Buffer): void => this.read(chunk)
    if (!readInto(socket, read)) socket.on('data', read)
    socket.on('error', (problem) =>
      log('info', 'a connection broke', { session: id, because: wordsOf(problem) }),
    )
    socket.on('close', () => this.end())
  }

  /** Tells the agent what is wrong and closes. Repeatable. */
  fail(problem: unknown): void {
    if (this.isOver) return
    const fault = asMachineFault(
      problem instanceof WireError ? new Fault('PROTOCOL', problem.message) : problem,
    )
    log(fault.code === 'INTERNAL' ? 'error' : 'warn', 'a session is refused', { session: this.id, ...fault })
    this.isOver = true
    this.socket.end(encode({ type: 'fault', ...fault }))
    // Whoever does not take the fault and go is not waited for.
    setTimeout(() => this.socket.destroy(), 1000).unref()
    this.end()
  }

  /** Batches up to this one are durable. */
  ack(sequence: number): void {
    while (this.inFlight[0] && this.inFlight[0].sequence <= sequence)
      this.inFlightBytes -= this.inFlight.shift()?.bytes ?? 0
    this.acknowledged = sequence
    this.say({ type: 'ack', sequence })
    if (this.inFlightBytes < PAUSE_BYTES && this.socket.isPaused()) this.socket.resume()
  }

  /** These blocks have to come whole. */
  lacking(disk: number, blocks: readonly number[]): void {
    this.say({ type: 'lacking', disk, blocks })
  }

  /** A sign of life while the agent has to wait for an answer. */
  beat(): void {
    if (this.ticket) this.say({ type: 'ack', sequence: this.acknowledged })
  }

  private say(message: Message): void {
    if (!this.isOver && this.socket.writable) this.socket.write(encode(message))
  }

  private memory(bytes: number, type: number): Buffer {
    // What is left of a chunk after a refusal is parsed but counts for nothing.
    if (this.isOver) return Buffer.allocUnsafe(bytes)
    const body = this.host.disks.allocate(bytes, type)
    this.coming = type === FRAME.batch ? body : undefined
    return body
  }

  private read(chunk: Buffer): void {
    if (this.isOver) return
    try {
      this.parser.push(chunk)
    } catch (problem) {
      this.fail(problem)
    }
  }

  private take(message: Message): void {
    // After a refusal the rest of a chunk may hold more frames: none of them counts.
    if (this.isOver) return
    if (message.type === 'batch') return this.batch(message.body)
    this.answering = this.answering
      .then(() => (this.isOver ? undefined : this.answer(message)))
      .catch((problem: unknown) => this.fail(problem))
  }

  private async answer(message: Exclude<Message, { type: 'batch' }>): Promise<void> {
    if (message.type === 'fault') return this.fail(new Fault('PROTOCOL', `the agent says: ${message.detail}`))
    if (message.type === 'hello') return this.hello(message)
    const ticket = this.valid()
    // A ticket without disks lets its holder measure the way, and nothing else.
    if ((message.type === 'probe') !== (ticket.disks.length === 0))
      throw new Fault('TICKET_REFUSED', `this ticket does not allow ${message.type}`)
    switch (message.type) {
      case 'probe':
        this.probedBytes += message.body.length
        if (this.probedBytes > PROBE_BYTES) throw new Fault('PROTOCOL', 'too many bytes to measure with')
        return this.say({ type: 'probed', bytes: this.probedBytes })
      case 'rows-ask': {
        const { disk, group } = message
        if (group >= groupsOf(this.sizeOf(ticket, disk))) throw new Fault('PROTOCOL', `no group ${group}`)
        return this.say({ type: 'rows', disk, group, digests: await this.host.disks.rows(disk, group) })
      }
      case 'flush':
        return this.say({ type: 'ack', sequence: this.acknowledged })
      case 'seal':
        return this.seal(ticket)
      case 'renew':
        return this.renew(message.ticket, ticket)
      case 'welcome':
      case 'rows':
      case 'ack':
      case 'sealed':
      case 'probed':
      case 'lacking':
        throw new Fault('PROTOCOL', `an agent does not send ${message.type}`)
    }
  }

  private batch(body: Buffer): void {
    if (body.length < 20) throw new WireError('a batch is cut off')
    const sequence = body.readUInt32LE(0)
    this.sizeOf(this.valid(), body.readUInt32LE(4))
    if (sequence <= (this.inFlight.at(-1)?.sequence ?? this.acknowledged))
      throw new WireError('batches do not count upwards')
    const bytes = Math.max(body.length, body.readUInt32LE(16))
    this.inFlight.push({ sequence, bytes })
    this.inFlightBytes += bytes
    this.coming = undefined
    this.host.disks.write(this.id, body)
    if (this.inFlightBytes >= PAUSE_BYTES) this.socket.pause()
  }

  private async hello(message: Extract<Message, { type: 'hello' }>): Promise<void> {
    if (this.ticket) throw new Fault('PROTOCOL', 'a second hello')
    if (message.version !== WIRE_VERSION)
      throw new Fault(
        'PROTOCOL',
        `the agent speaks version ${message.version}, this receiver ${WIRE_VERSION}`,
      )
    const ticket = this.checked(message.ticket)
    // It writes nothing, so it neither ends the order that is under way nor is ended by the next.
    const isProbe = ticket.disks.length === 0
    this.connection = message.connection
    if (!isProbe) this.host.admit(ticket, this)
    this.ticket = ticket
    clearTimeout(this.patience)
    if (isProbe) {
      this.parser.limit = FRAME_BYTES
      this.isWelcome = true
      return this.say({ type: 'welcome', disks: [] })
    }
    await this.host.disks.ready
    const disks = await this.host.disks.open(message.wantsGroups)
    this.parser.limit = FRAME_BYTES
    this.isWelcome = true
    this.say({
      type: 'welcome',
      disks: disks.filter(({ index }) => ticket.disks.some((d) => d.index === index)),
    })
  }

  /** The ticket that this text is, if it is one for this receiver and these disks. */
  private checked(text: string): Ticket {
    const ticket = readTicket(text, this.host.ticketKey, Date.now())
    if ('problem' in ticket) throw new Fault('TICKET_REFUSED', ticket.problem)
    if (ticket.receiver?.machine !== this.host.machine || ticket.receiver.tlsPin !== this.host.tlsPin)
      throw new Fault('TICKET_REFUSED', 'the ticket is for another receiver')
    for (const disk of ticket.disks)
      if (this.host.sizeOf(disk.index) !== disk.sizeBytes)
        throw new Fault('TICKET_REFUSED', `disk ${disk.index} is not of ${disk.sizeBytes} bytes here`)
    return ticket
  }

  private renew(text: string, current: Ticket): void {
    const ticket = this.checked(text)
    if (ticket.sync !== current.sync || ticket.epoch !== current.epoch)
      throw new Fault('TICKET_REFUSED', 'the renewed ticket is for another order')
    this.ticket = ticket
  }

  private valid(): Ticket {
    if (!this.ticket || !this.isWelcome) throw new Fault('TICKET_REFUSED', 'no ticket was shown')
    if (this.ticket.expiresAt <= Date.now()) throw new Fault('TICKET_REFUSED', 'the ticket has expired')
    return this.ticket
  }

  private sizeOf(ticket: Ticket, disk: number): number {
    const known = ticket.disks.find(({ index }) => index === disk)
    if (known === undefined) throw new Fault('PROTOCOL', `disk ${disk} is not of this ticket`)
    return known.sizeBytes
  }

  private async seal(ticket: Ticket): Promise<void> {
    const disks = await this.host.disks.seal()
    this.host.sealed({ sync: ticket.sync, epoch: ticket.epoch, disks: [...disks] })
    this.say({ type: 'sealed', disks: disks.map(({ index, root }) => ({ index, root })) })
  }

  private end(): void {
    this.isOver = true
    if (this.coming) this.host.disks.giveBack(this.coming)
    this.coming = undefined
    clearTimeout(this.patience)
    this.host.ended(this)
  }
}
