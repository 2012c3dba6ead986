/**
 * One thread of an order: takes groups of blocks that no other thread has taken, reads, digests and compares them, and
 * sends what differs over a connection of its own. Digests go group by group: no disk is too large for the memory.
 * Between orders it waits (`thread-pool.ts`).
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { setImmediate as breath } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { BLOCK_BYTES } from '../protocol/control.ts'
import { DIGEST_BYTES, digestOf } from '../protocol/digest.ts'
import { asMachineFault, Fault } from '../protocol/fault.ts'
import { blankRows, GROUP_BLOCKS, groupBlocks, groupsOf } from '../protocol/geometry.ts'
import { MANIFEST_HEADER_BYTES, readRows, rowOffset } from '../protocol/manifest-file.ts'
import { pause } from '../protocol/bot-client.ts'
import type { BatchEntry } from '../protocol/batch.ts'
import { BatchBuilder } from './batch-builder.ts'
import { BatchMemory } from './batch-memory.ts'
import { compareExtent, compareHole, type GroupRows } from './compare.ts'
import { CompressionChoice } from './compress.ts'
import { EXTENT_BYTES, Extents } from './extents.ts'
import type { FromOrderThread, OrderThreadData, ThreadDisk, ToOrderThread } from './order-messages.ts'
import { Progress } from './progress.ts'
import { Sender } from './sender.ts'
import { mayGo, type Throttled } from './throttle.ts'

const ROLE = 'order'

/** Starts a thread, which then waits for an order. */
export const startOrderThread = (): Worker =>
  new Worker(new URL(import.meta.url), {
    workerData: { role: ROLE },
    // Data lives outside the heap; a small one keeps the footprint on the source small.
    resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 },
  })

/** Batches whose memory a waiting thread keeps at hand: as many as an order of two connections keeps under way on each. */
const WARM_BATCHES = 10
/** How long a stopped thread waits for acknowledgements, in milliseconds. */
const STOP_MS = 1000

const digestAt = (groups: Uint8Array, group: number): Uint8Array =>
  groups.subarray(group * DIGEST_BYTES, (group + 1) * DIGEST_BYTES)

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

class OrderThread {
  private readonly data: OrderThreadData
  readonly progress: Progress
  readonly sender: Sender | undefined
  private readonly compression: CompressionChoice
  private readonly throttled: Throttled
  private builder: BatchBuilder | undefined

  constructor(data: OrderThreadData, memory: BatchMemory) {
    this.data = data
    this.progress = new Progress(data.progress)
    const { send, connection } = data
    this.sender = send ? new Sender({ ...send, connection, memory, progress: this.progress }) : undefined
    this.compression = new CompressionChoice(this.progress.sending().compression, performance.now())
    this.throttled = {
      sendClock: this.progress.sendClock,
      bytesPerSecond: () => this.progress.sending().bytesPerSecond,
      isStopped: () => this.progress.isStopped(),
      timed: (waiting) => this.progress.timed('limitUs', waiting),
    }
  }

  /** Reaches the receiver; the first thread shares what it learns of the groups. */
  async welcome(): Promise<void> {
    const known = await this.sender?.welcomed()
    for (const { source, theirs } of this.data.disks) {
      const disk = known?.find(({ index }) => index === source.index)
      if (!disk) continue
      if (disk.sizeBytes !== source.sizeBytes)
        throw new Fault('PROTOCOL', `disk ${source.index} has ${disk.sizeBytes} bytes at the receiver`)
      if (disk.groups.length === theirs.byteLength) new Uint8Array(theirs).set(disk.groups)
      else if (this.data.connection === 0)
        throw new Fault('PROTOCOL', 'the receiver does not tell its groups')
    }
  }

  /** Compares what there is to compare; returns when all that was found is durable. */
  async run(): Promise<void> {
    for (const [place, disk] of this.data.disks.entries()) {
      if (this.progress.isStopped()) break
      await this.disk(place, disk)
      await this.flush()
    }
    const settled = this.sender?.settled()
    if (this.progress.isStopped()) await Promise.race([settled, pause(STOP_MS)])
    else await settled
  }

  private async disk(place: number, disk: ThreadDisk): Promise<void> {
    const extents = new Extents(disk.source)
    const next = disk.next === undefined ? undefined : openSync(disk.next, 'r+')
    const cached = disk.cached && openSync(disk.cached.path, 'r')
    const groups = groupsOf(disk.source.sizeBytes)
    try {
      // The next group's digests are asked for while this one is read.
      let group = this.progress.claimGroup(place)
      let theirs = group < groups ? this.theirRows(disk, group, cached) : undefined
      while (theirs !== undefined && !this.progress.isStopped()) {
        const rows = {
          theirs: await theirs,
          own: Buffer.alloc(groupBlocks(disk.source.sizeBytes, group) * DIGEST_BYTES),
        }
        const following = this.progress.claimGroup(place)
        theirs = following < groups ? this.theirRows(disk, following, cached) : undefined
        theirs?.catch(() => undefined)
        if (!(await this.group(place, disk, extents, group, rows))) return
        if (next !== undefined) writeSync(next, rows.own, 0, rows.own.length, rowOffset(group * GROUP_BLOCKS))
        new Uint8Array(disk.own).set(digestOf(rows.own), group * DIGEST_BYTES)
        group = following
      }
    } finally {
      extents.close()
      if (next !== undefined) closeSync(next)
      if (cached !== undefined) closeSync(cached)
    }
  }

  /** The receiver's digests of a group, from where they come cheapest: computed, cached here, or asked for. */
  private async theirRows(disk: ThreadDisk, group: number, cached: number | undefined): Promise<Uint8Array> {
    const { sizeBytes, index } = disk.source
    const digest = digestAt(new Uint8Array(disk.theirs), group)
    if (cached !== undefined && disk.cached && same(digestAt(disk.cached.groups, group), digest)) {
      const rows = readRows(cached, sizeBytes, group, MANIFEST_HEADER_BYTES)
      if (same(digestOf(rows), digest)) return rows
    }
    const blank = blankRows(sizeBytes, group)
    // Without a manifest an estimate takes the receiver's disk for blank, as it is before the first sync.
    if (this.sender === undefined) return blank
    if (same(digestOf(blank), digest)) return blank
    const rows = await this.sender.askRows(index, group)
    if (rows.length !== blank.length)
      throw new Fault('PROTOCOL', `group ${group} has ${rows.length} bytes of digests`)
    return rows
  }

  /** False when it was stopped before the group's end. */
  private async group(
    place: number,
    disk: ThreadDisk,
    extents: Extents,
    group: number,
    rows: GroupRows,
  ): Promise<boolean> {
    const base = group * GROUP_BLOCKS
    const end = Math.min(disk.source.sizeBytes, (base + GROUP_BLOCKS) * BLOCK_BYTES)
    for (let offset = base * BLOCK_BYTES; offset < end;) {
      if (this.progress.isStopped()) return false
      const builder = await this.space(place, disk)
      const first = offset / BLOCK_BYTES - base
      let changedBytes = 0
      const changed = (entry: BatchEntry, bytes?: Buffer): void => {
        changedBytes += entry.length
        if (this.sender) builder.keep(entry, bytes)
      }
      let length = extents.holeBytes(offset, Math.min(EXTENT_BYTES, end - offset))
      if (length > 0) compareHole(length, base, first, rows, changed)
      else {
        const extent = builder.space().subarray(0, Math.min(EXTENT_BYTES, end - offset))
        extents.read(offset, extent)
        compareExtent(extent, base, first, rows, changed)
        length = extent.length
      }
      this.progress.addDisk(place, 'changedBytes', changedBytes)
      this.progress.addDisk(place, 'comparedBytes', length)
      offset += length
      if (builder.isFull()) await this.flush()
      // Reading blocks this thread: acknowledgements and a stop come in here.
      await breath()
    }
    return true
  }

  private async space(place: number, disk: ThreadDisk): Promise<BatchBuilder> {
    // An estimate keeps nothing, so its one buffer is never full.
    this.builder ??= new BatchBuilder(await this.memory(), place, disk.source.index)
    return this.builder
  }

  private async memory(): Promise<Buffer> {
    return this.sender ? this.sender.buffer() : Buffer.allocUnsafeSlow(2 * EXTENT_BYTES)
  }

  private async flush(): Promise<void> {
    const builder = this.builder
    this.builder = undefined
    if (builder === undefined || this.sender === undefined) return
    this.compression.follow(this.progress.sending().compression, performance.now())
    const framed = builder.finish(this.compression.isWorthwhile())
    if (framed.blockBytes === 0) return this.sender.giveBack(framed.buffer)
    await mayGo(this.throttled, framed.frame.length)
    const waited = await this.sender.send(framed)
    this.compression.sent(framed.blockBytes, framed.frame.length, waited, performance.now())
  }
}

type Say = (message: FromOrderThread) => void

/** An order on this thread, from its begin to its end. */
class Run {
  private readonly thread: OrderThread
  private readonly say: Say
  private begin: () => void = () => undefined

  constructor(data: OrderThreadData, memory: BatchMemory, say: Say) {
    this.say = say
    this.thread = new OrderThread(data, memory)
    void this.carryOut(new Promise((resolve) => (this.begin = resolve)))
  }

  handle(message: Exclude<ToOrderThread, { kind: 'begin' }>): void {
    const { sender } = this.thread
    switch (message.kind) {
      case 'go':
        return this.begin()
      case 'ticket':
        return sender?.renew(message.ticket)
      case 'seal':
        return void sender?.sealed().then((roots) => this.say({ kind: 'sealed', roots }), this.failed)
      case 'end':
        sender?.close()
        return this.say({ kind: 'idle' })
    }
  }

  private async carryOut(begun: Promise<void>): Promise<void> {
    try {
      await this.thread.welcome()
      this.say({ kind: 'welcomed' })
      await begun
      await this.thread.run()
      this.say({ kind: 'finished' })
    } catch (problem) {
      this.failed(problem)
    }
  }

  private readonly failed = (problem: unknown): void =>
    this.say({ kind: 'failed', fault: asMachineFault(problem) })
}

function wait(port: NonNullable<typeof parentPort>): void {
  let run: Run | undefined
  const memory = new BatchMemory()
  memory.warm(WARM_BATCHES)
  port.on('message', (message: ToOrderThread) => {
    if (message.kind === 'begin') run = new Run(message.data, memory, (said) => port.postMessage(said))
    else run?.handle(message)
    if (message.kind === 'end') run = undefined
  })
}

const isOrderThread = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && 'role' in data && data.role === ROLE

if (!isMainThread && parentPort && isOrderThread(workerData)) wait(parentPort)
