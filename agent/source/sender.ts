/**
 * Sends batches over one connection and keeps each until the receiver says it is durable. A connection that drops is
 * made again, and what was not acknowledged is sent again, in order; the rest of the agent does not notice.
 */
import { renumber } from '../protocol/batch.ts'
import { backOffMs, pause } from '../protocol/bot-client.ts'
import { asMachineFault, Fault } from '../protocol/fault.ts'
import { failpoint } from '../protocol/failpoint.ts'
import { log } from '../protocol/log.ts'
import { WIRE_VERSION, HEADER_BYTES, type Message, type WelcomeDisk } from '../protocol/wire.ts'
import type { Framed } from './batch-builder.ts'
import type { BatchMemory } from './batch-memory.ts'
import { Link, type Receiver } from './link.ts'
import type { Progress } from './progress.ts'

export interface SenderSettings {
  readonly receiver: Receiver
  readonly ticket: string
  readonly connection: number
  /** Batches that may be unacknowledged at once. */
  readonly window: number
  /** How long the receiver may be away before the order fails, in milliseconds. */
  readonly reconnectMs: number
  readonly progress: Progress
  readonly memory: BatchMemory
  /** Hears of blocks that were sent as pages and have to come whole, before their batch counts as durable. */
  readonly lacking: (disk: number, blocks: readonly number[]) => void
}

/** Faults after which trying again is pointless. */
const FINAL = ['TICKET_REFUSED', 'RECEIVER_DISK_FULL', 'RECEIVER_IO', 'INTERNAL']
/** How often a connection may end with PROTOCOL: a flipped bit may happen, a pattern is a bug. */
const PROTOCOL_ENDS = 3

interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (fault: Error) => void
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined
  let reject: (fault: Error) => void = () => undefined
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  // Whoever waits hears of the rejection; that nobody waits is no error.
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}

export class Sender {
  private readonly settings: SenderSettings
  private ticket: string
  private link: Link | undefined
  private welcome = deferred<readonly WelcomeDisk[]>()
  private readonly unacked: (Framed & { sequence: number })[] = []
  /** Buffers that were taken and not given back. */
  private inUse = 0
  private sequence = 0
  private rows: (Deferred<Uint8Array> & { readonly disk: number; readonly group: number }) | undefined
  private seal: Deferred<ReadonlyMap<number, string>> | undefined
  private changed = deferred<void>()
  private failure: Fault | undefined
  private protocolEnds = 0
  private isClosed = false
  private isWelcome = false
  /** When the connection was lost, until the receiver welcomes it again. */
  private lostAt: number | undefined

  constructor(settings: SenderSettings) {
    this.settings = settings
    this.ticket = settings.ticket
    void this.connect()
  }

  /** What the receiver has, by disk; group digests only on connection 0. Rejects when it cannot be reached. */
  welcomed(): Promise<readonly WelcomeDisk[]> {
    return this.welcome.promise
  }

  /** The receiver's digests of a group. One question at a time. */
  async askRows(disk: number, group: number): Promise<Uint8Array> {
    this.check()
    this.rows = { ...deferred<Uint8Array>(), disk, group }
    this.say({ type: 'rows-ask', disk, group })
    return this.rows.promise
  }

  /** Memory for a batch; waits for an ack while the window is full. */
  async buffer(): Promise<Buffer> {
    for (;;) {
      this.check()
      if (this.inUse < this.settings.window) {
        this.inUse++
        return this.settings.memory.take()
      }
      await this.settings.progress.timed('ackUs', this.changed.promise)
    }
  }

  /** Gives memory back that was not sent. */
  giveBack(buffer: Buffer): void {
    this.inUse--
    this.settings.memory.giveBack(buffer)
  }

  /** Sends a batch; returns when the socket takes more, with the milliseconds that took. */
  async send(framed: Framed): Promise<number> {
    this.check()
    const entry = { ...framed, sequence: ++this.sequence }
    renumber(entry.frame, entry.sequence)
    this.unacked.push(entry)
    failpoint('agent:batch:before')
    const start = performance.now()
    if (this.link && !this.link.send(entry.frame))
      await this.settings.progress.timed('drainUs', this.link.drained())
    failpoint('agent:batch:after')
    return performance.now() - start
  }

  /** Waits until everything sent is durable, or the connection is given up. */
  async settled(): Promise<void> {
    while (this.unacked.length > 0) {
      this.check()
      await this.settings.progress.timed('ackUs', this.changed.promise)
    }
    this.check()
  }

  /** Ends the order at the receiver; its roots by disk. Repeatable, and repeated by itself after a reconnect. */
  async sealed(): Promise<ReadonlyMap<number, string>> {
    this.check()
    this.seal = deferred()
    failpoint('agent:seal:before')
    this.say({ type: 'seal' })
    const roots = await this.seal.promise
    failpoint('agent:seal:after')
    return roots
  }

  /** Goes on under a newer ticket. */
  renew(ticket: string): void {
    this.ticket = ticket
    this.say({ type: 'renew', ticket })
  }

  /** Whether the receiver was given up: the next call of the others throws why. */
  hasFailed(): boolean {
    return this.failure !== undefined
  }

  close(): void {
    this.isClosed = true
    this.link?.close()
  }

  private check(): void {
    if (this.failure) throw this.failure
  }

  private say(message: Message): void {
    this.link?.say(message)
  }

  private async connect(): Promise<void> {
    const { receiver, connection, reconnectMs } = this.settings
    const until = Date.now() + reconnectMs
    for (let attempt = 0; !this.isClosed; attempt++) {
      try {
        const link = await Link.open(receiver, {
          message: (message) => this.take(link, message),
          closed: (reason) => this.dropped(reason),
          sent: (bytes) => this.settings.progress.add('wireBytes', bytes),
        })
        const wantsGroups = connection === 0 && !this.isWelcome
        const hello = { version: WIRE_VERSION, ticket: this.ticket, connection, wantsGroups }
        link.say({ type: 'hello', ...hello })
        return
      } catch (problem) {
        if (!(problem instanceof Fault))
          return this.fail(new Fault('INTERNAL', asMachineFault(problem).detail))
        if (Date.now() >= until) return this.fail(problem)
        log('warn', 'the receiver cannot be reached, trying again', { connection, because: problem.message })
        await pause(backOffMs(attempt, 200, 2000))
      }
    }
  }

  private take(link: Link, message: Message): void {
    switch (message.type) {
      case 'welcome':
        return this.resume(link, message.disks)
      case 'ack':
        return this.acked(message.sequence)
      case 'lacking':
        return this.settings.lacking(message.disk, message.blocks)
      case 'rows':
        if (this.rows?.disk === message.disk && this.rows.group === message.group) {
          this.rows.resolve(Uint8Array.from(message.digests))
          this.rows = undefined
        }
        return
      case 'sealed':
        return this.seal?.resolve(new Map(message.disks.map(({ index, root }) => [index, root])))
      case 'hello':
      case 'rows-ask':
      case 'batch':
      case 'flush':
      case 'seal':
      case 'renew':
      case 'probe':
      case 'probed':
      case 'fault':
        link.close(new Fault('PROTOCOL', `a receiver does not send ${message.type}`))
    }
  }

  /** After each welcome: what is unanswered or not acknowledged goes out (again). */
  private resume(link: Link, disks: readonly WelcomeDisk[]): void {
    this.link = link
    this.isWelcome = true
    this.lostAt = undefined
    this.sequence = 0
    for (const entry of this.unacked) {
      entry.sequence = ++this.sequence
      renumber(entry.frame, entry.sequence)
      link.send(entry.frame)
    }
    if (this.rows) this.say({ type: 'rows-ask', disk: this.rows.disk, group: this.rows.group })
    if (this.seal) this.say({ type: 'seal' })
    this.welcome.resolve(disks)
  }

  private acked(sequence: number): void {
    const { progress } = this.settings
    let isNew = false
    while (this.unacked[0] && this.unacked[0].sequence <= sequence) {
      const done = this.unacked.shift()
      if (done === undefined) break
      progress.addDisk(done.place, 'appliedBytes', done.blockBytes)
      this.giveBack(done.buffer)
      isNew = true
    }
    if (!isNew) return
    failpoint('agent:ack:after')
    this.wake()
  }

  private wake(): void {
    const { changed } = this
    this.changed = deferred()
    changed.resolve()
  }

  private dropped(reason: Fault): void {
    this.link = undefined
    if (this.isClosed) return
    const now = Date.now()
    this.lostAt ??= now
    const isHopeless = now - this.lostAt > this.settings.reconnectMs
    if (FINAL.includes(reason.code) || isHopeless) return this.fail(reason)
    if (reason.code === 'PROTOCOL' && ++this.protocolEnds >= PROTOCOL_ENDS) return this.fail(reason)
    log('warn', 'the connection was lost, connecting again', {
      connection: this.settings.connection,
      unacknowledged: this.unacked.reduce((sum, { frame }) => sum + frame.length - HEADER_BYTES, 0),
      because: reason.message,
    })
    void pause(100).then(() => this.connect())
  }

  private fail(fault: Fault): void {
    this.failure = fault
    this.isClosed = true
    this.link?.close()
    this.welcome.reject(fault)
    this.rows?.reject(fault)
    this.seal?.reject(fault)
    this.wake()
  }
}
