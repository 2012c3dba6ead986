/**
 * Carries one order out: starts its threads, tells the bot how it goes, and ends it done, stopped or failed.
 * What is remembered across orders is the cached manifest, and which blocks were written since (`course.ts`).
 */
import type { Worker } from 'node:worker_threads'
import type { AgentReport, SendSettings, SourceDisk } from '../protocol/control.ts'
import { DIGEST_BYTES } from '../protocol/digest.ts'
import { asMachineFault, Fault } from '../protocol/fault.ts'
import { groupsOf, rootOf } from '../protocol/geometry.ts'
import { log } from '../protocol/log.ts'
import { beginNext, dropNext, keepNext, keepSome, readCached } from './cached-manifest.ts'
import { disksOfOrder, ticketOfOrder } from './check-order.ts'
import { Course, type CourseDisk } from './course.ts'
import { cloneOf, type Clone } from './freeze/clone.ts'
import type { FoundBlock, OrderAsked, OrderThreadData, Pass, ToOrderThread } from './order-messages.ts'
import { Progress } from './progress.ts'
import { OrderFigures } from './order-figures.ts'
import { digestAt, same } from './selection.ts'
import { lifeOf, type ThreadLife } from './thread-life.ts'
import type { ThreadPool } from './thread-pool.ts'
import { scrub } from './tracking/scrub.ts'
import type { Tracking } from './tracking/tracking.ts'

export interface OrderPlace {
  /** Path of the cached manifest of a disk. */
  readonly manifestPath: (disk: number) => string
  /** Path of what is remembered of a disk's pages. */
  readonly pagesPath: (disk: number) => string
  readonly ticketKey: string
  readonly findDisks: () => readonly SourceDisk[]
  /** How long the receiver may be away, in milliseconds. */
  readonly reconnectMs: number
  readonly threads: ThreadPool
  /** None: every block is compared. */
  readonly tracking: () => Tracking | undefined
}

/** Batches of 1 MiB that all threads together may have unacknowledged. */
const WINDOW = 20
/** How long a stop may take, in milliseconds: threads end by themselves sooner unless the receiver is away. */
const STOP_MS = 1500
/** How much is read into memory while writes are held, in bytes. */
const HELD_BYTES = 64 * 1024 * 1024

export class Order {
  readonly order: OrderAsked
  private readonly place: OrderPlace
  private readonly progress: Progress
  private figures: OrderFigures
  private disks: CourseDisk[] = []
  private threads: Worker[] = []
  private clone: Clone | undefined
  /** Its end was told: what it still waits for comes too late, and the next order may be at work. */
  private isOver = false
  /** Resolves some time after a stop was asked, whatever the threads are waiting for. */
  private readonly outOfPatience: Promise<undefined>
  private patienceEnds: () => void = () => undefined

  constructor(order: OrderAsked, place: OrderPlace) {
    this.order = order
    this.place = place
    this.progress = Progress.forDisks(order.disks.length)
    this.adjust(order)
    this.figures = new OrderFigures(order, this.progress)
    this.outOfPatience = new Promise((resolve) => (this.patienceEnds = () => resolve(undefined)))
  }

  /** The order as it stands. */
  report(): AgentReport {
    return this.figures.report('working')
  }

  /** Asks it to end at the next safe point, at most about a second away. Repeatable. */
  stop(): void {
    this.progress.stop()
    setTimeout(this.patienceEnds, STOP_MS).unref()
  }

  /** Sends so from now on; takes effect within a tenth of a second. Repeatable. */
  adjust(send: SendSettings): void {
    this.progress.setSending(send, Date.now())
  }

  renew(ticket: string): void {
    this.tell({ kind: 'ticket', ticket })
  }

  /** Carries it out. Never throws: the final report says how it ended. */
  async run(): Promise<AgentReport> {
    let roots: string[] | undefined
    try {
      roots = await Promise.race([this.carryOut(), this.outOfPatience])
      return roots ? this.figures.report('done', { roots }) : this.figures.report('stopped')
    } catch (problem) {
      const fault = asMachineFault(problem)
      log(fault.code === 'INTERNAL' ? 'error' : 'warn', 'the order failed', { ...fault })
      return this.progress.isStopped()
        ? this.figures.report('stopped')
        : this.figures.report('failed', { fault })
    } finally {
      this.isOver = true
      this.tell({ kind: 'end' })
      // Who can say what a thread still waits for when its order did not come to its end?
      const { threads } = this.place
      const ends = this.threads.map((thread) => (roots ? threads.giveBack(thread) : threads.replace(thread)))
      // Not before: the number in its path would be free for another file, which a thread might open.
      void Promise.all(ends).then(() => this.clone?.close())
      for (const { path } of this.disks) dropNext(path)
    }
  }

  /** Roots of the disks, or undefined when it was stopped before the end. */
  private async carryOut(): Promise<string[] | undefined> {
    const receiver = this.order.kind === 'sync' ? this.receiver() : null
    const sources = disksOfOrder(this.order, this.place.findDisks())
    this.disks = sources.map((source) => this.prepare(source))
    if (receiver !== null) this.clone = await this.cloned()
    if (this.progress.isStopped()) return void this.clone?.close()
    // What a stopped order leaves behind is given back in a moment; another thread would cost more memory.
    await this.place.threads.settled()
    const connections = this.isGentle ? 1 : this.order.connections
    const all = Array.from({ length: connections }, (_, i) => this.start(i, connections, receiver))
    const [first] = all
    if (first === undefined) throw new Fault('PROTOCOL', 'an order without connections')
    await Promise.race([first.welcomed, ...all.map(({ failed }) => failed)])
    const course = new Course(this.disks, {
      tracking: this.place.tracking(),
      looksOnly: receiver === null,
      hold: this.order.holdMs ? { mostMs: this.order.holdMs, mostBytes: HELD_BYTES } : null,
      clone: this.clone,
      progress: this.progress,
      pass: (pass) => this.pass(all, pass),
    })
    this.figures.course = course
    if (this.order.kind === 'scrub') return this.scrub(course)
    const instant = await course.run()
    if (this.progress.isStopped()) return undefined
    const roots = this.disks.map(({ source, own }) => rootOf(source.sizeBytes, new Uint8Array(own)))
    if (receiver === null) return roots
    const sealed = await this.seal(first.sealed, first.failed)
    for (const [i, { source }] of this.disks.entries())
      if (sealed.get(source.index) !== roots[i])
        throw new Fault(
          'ROOTS_DIFFER',
          `disk ${source.index}: ${roots[i]} here, ${sealed.get(source.index)} there`,
        )
    await course.bind('expect', roots)
    if (this.isOver) return undefined
    for (const [i, disk] of this.disks.entries()) this.keep(disk, course.isWhole(i))
    await course.bind('settle', roots)
    this.figures.instant = instant
    return roots
  }

  /** A raw file at one moment; of several, each would be of another one. */
  private async cloned(): Promise<Clone | undefined> {
    const [disk, another] = this.disks
    const isOne = this.order.holdMs && another === undefined && disk?.source.kind === 'file'
    return isOne ? cloneOf(disk.source) : undefined
  }

  private get isGentle(): boolean {
    return this.place.threads.isGentle || this.order.kind === 'scrub'
  }

  private async scrub(course: Course): Promise<string[]> {
    await course.learn()
    await scrub(course)
    return []
  }

  /** One pass of all threads; returns what they tell of it. */
  private async pass(all: readonly ThreadLife[], pass: Pass): Promise<readonly FoundBlock[]> {
    const ends = all.map(({ finished }) => finished())
    this.tell({ kind: 'go', pass })
    const found = await Promise.race([Promise.all(ends), ...all.map(({ failed }) => failed)])
    return found.flat()
  }

  /** Puts the rows that were gathered in place: all of them, or those of groups that have changed. */
  private keep({ path, source, cached, own }: CourseDisk, isWhole: boolean): void {
    const groups = new Uint8Array(own)
    const generation = (cached?.generation ?? 0) + 1
    if (isWhole || cached === undefined) return keepNext(path, source, generation, groups)
    const changed = Array.from({ length: groupsOf(source.sizeBytes) }, (_, group) => group).filter(
      (group) => !same(digestAt(groups, group), digestAt(cached.groups, group)),
    )
    if (changed.length > 0) keepSome(path, source, generation, groups, changed)
  }

  /** Where the blocks go: to the receiver that the ticket names and nobody else. Throws Fault TICKET_REFUSED. */
  private receiver(): { readonly host: string; readonly port: number; readonly tlsPin: string } {
    const ticket = ticketOfOrder(this.order, this.place.ticketKey, Date.now())
    if (ticket.receiver === null || this.order.receiver === null)
      throw new Fault('TICKET_REFUSED', 'the ticket names no receiver')
    return { ...this.order.receiver, tlsPin: ticket.receiver.tlsPin }
  }

  private prepare(source: SourceDisk): CourseDisk {
    const path = this.place.manifestPath(source.index)
    const cached = readCached(path, source)
    const bytes = groupsOf(source.sizeBytes) * DIGEST_BYTES
    const theirs = new SharedArrayBuffer(bytes)
    // Whoever sends nothing has nobody to ask: the last sync's manifest stands for the receiver.
    if (this.order.kind !== 'sync' && cached) new Uint8Array(theirs).set(cached.groups)
    if (this.order.kind === 'sync') beginNext(path)
    return { source, path, cached, theirs, own: new SharedArrayBuffer(bytes) }
  }

  private async seal(
    sealed: Promise<ReadonlyMap<number, string>>,
    failed: Promise<never>,
  ): Promise<ReadonlyMap<number, string>> {
    this.threads[0]?.postMessage({ kind: 'seal' } satisfies ToOrderThread)
    return Promise.race([sealed, failed])
  }

  private start(
    connection: number,
    connections: number,
    receiver: { readonly host: string; readonly port: number; readonly tlsPin: string } | null,
  ): ThreadLife {
    const { order } = this
    const data: OrderThreadData = {
      connection,
      isGentle: this.isGentle,
      progress: this.progress.memory,
      disks: this.disks.map(({ source, theirs, own, cached, path }) => ({
        source: this.clone === undefined ? source : { ...source, path: this.clone.path },
        theirs,
        own,
        cached,
        pages: receiver && cached ? this.place.pagesPath(source.index) : undefined,
        next: receiver ? `${path}.next` : undefined,
      })),
      send: receiver && {
        receiver,
        ticket: order.ticket,
        window: Math.max(2, Math.floor(WINDOW / connections)),
        reconnectMs: this.place.reconnectMs,
      },
    }
    const thread = this.place.threads.take()
    this.threads.push(thread)
    const life = lifeOf(thread)
    thread.postMessage({ kind: 'begin', data } satisfies ToOrderThread)
    return life
  }

  private tell(message: ToOrderThread): void {
    for (const thread of this.threads) thread.postMessage(message)
  }
}
