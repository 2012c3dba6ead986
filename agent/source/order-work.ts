/**
 * What a thread does of an order: takes groups of blocks that no other thread has taken, reads, digests and compares
 * them, and sends what differs over a connection of its own. Digests go group by group: no disk is too large for the
 * memory.
 */
import { writeSync } from 'node:fs'
import { setImmediate as breath } from 'node:timers/promises'
import type { BatchEntry } from '../protocol/batch.ts'
import { pause } from '../protocol/bot-client.ts'
import { DIGEST_BYTES, digestOf } from '../protocol/digest.ts'
import { Fault } from '../protocol/fault.ts'
import { BLOCK_BYTES, blankRows, GROUP_BLOCKS, groupsOf } from '../protocol/geometry.ts'
import { log } from '../protocol/log.ts'
import { rowOffset } from '../protocol/manifest-file.ts'
import { BatchBuilder } from './batch-builder.ts'
import type { BatchMemory } from './batch-memory.ts'
import { compareExtent, compareHole, type GroupRows } from './compare.ts'
import { CompressionChoice } from './compress.ts'
import { EXTENT_BYTES } from './extents.ts'
import { othersLoad, restMs } from './gentle.ts'
import { closeDisk, openDisk, type OpenDisk } from './open-disk.ts'
import type { FoundBlock, OrderThreadData, Pass, ThreadDisk } from './order-messages.ts'
import { Progress } from './progress.ts'
import { digestAt, isWanted, knownRows, rowsOf, runsOf, same, type Run } from './selection.ts'
import { Sender } from './sender.ts'
import { mayGo, type Throttled } from './throttle.ts'

/** How long a stopped thread waits for acknowledgements, in milliseconds. */
const STOP_MS = 1000

/** No pass but a scrub, which finds next to nothing, tells what it found. */
const MOST_FOUND = 1000

export class OrderWork {
  private readonly data: OrderThreadData
  private readonly batches: BatchMemory
  readonly progress: Progress
  readonly sender: Sender | undefined
  private readonly compression: CompressionChoice
  private readonly throttled: Throttled
  private builder: BatchBuilder | undefined
  /** Groups with blocks that have to come whole, by the disk's index: they are compared again. */
  private lacking = new Map<number, Set<number>>()
  private pass: Pass = { disks: [], isScrub: false }
  private found: FoundBlock[] = []

  constructor(data: OrderThreadData, memory: BatchMemory) {
    this.data = data
    this.batches = memory
    this.progress = new Progress(data.progress)
    const { send, connection } = data
    this.sender = send
      ? new Sender({
          ...{ ...send, connection, memory, progress: this.progress },
          lacking: (disk, blocks) => this.lack(disk, blocks),
        })
      : undefined
    this.compression = new CompressionChoice(this.progress.sending().compression, performance.now())
    this.throttled = {
      sendClock: this.progress.sendClock,
      bytesPerSecond: () => this.progress.sending().bytesPerSecond,
      // Who waits for a limit of a few bytes still hears at once that there is nobody to send to.
      isStopped: () => this.progress.isStopped() || this.sender?.hasFailed() === true,
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

  /** Compares what there is to compare in a pass; returns when all that was found is durable. */
  async run(pass: Pass): Promise<readonly FoundBlock[]> {
    this.pass = pass
    this.found = []
    for (const [place, disk] of this.data.disks.entries()) {
      if (this.progress.isStopped()) break
      await this.disk(place, disk)
      await this.flush()
    }
    const { sender } = this
    if (sender === undefined) return this.found
    await this.settled(sender)
    while (this.lacking.size > 0 && !this.progress.isStopped()) {
      await this.again(sender)
      await this.settled(sender)
    }
    return this.found
  }

  private async settled(sender: Sender): Promise<void> {
    if (this.progress.isStopped()) await Promise.race([sender.settled(), pause(STOP_MS)])
    else await sender.settled()
  }

  private async disk(place: number, disk: ThreadDisk): Promise<void> {
    const open = this.open(place, disk)
    const groups = groupsOf(disk.source.sizeBytes)
    try {
      // The next group's digests are asked for while this one is read.
      let group = this.claim(open, groups)
      let theirs = group < groups ? this.theirRows(open, group) : undefined
      while (theirs !== undefined && !this.progress.isStopped()) {
        const rows = await theirs
        const following = this.claim(open, groups)
        theirs = following < groups ? this.theirRows(open, following) : undefined
        theirs?.catch(() => undefined)
        if (!(await this.group(open, group, rows))) return
        group = following
      }
    } finally {
      closeDisk(open)
    }
  }

  private open(place: number, disk: ThreadDisk, isAgain = false): OpenDisk {
    const pass = this.pass.disks[place] ?? { blocks: null, held: null }
    return openDisk({ place, disk, pass, isAgain, isGentle: this.data.isGentle })
  }

  /** The next group of a disk with anything to compare that no other thread has taken. */
  private claim(open: OpenDisk, groups: number): number {
    for (;;) {
      const group = this.progress.claimGroup(open.place)
      if (group >= groups || isWanted(open, group)) return group
    }
  }

  private lack(disk: number, blocks: readonly number[]): void {
    log('info', 'blocks have to be sent whole', { disk, blocks: blocks.length })
    const groups = this.lacking.get(disk) ?? new Set()
    for (const block of blocks) groups.add(Math.floor(block / GROUP_BLOCKS))
    this.lacking.set(disk, groups)
  }

  /** Compares the groups again whose blocks did not fit as pages; now they are sent whole. */
  private async again(sender: Sender): Promise<void> {
    const { lacking } = this
    this.lacking = new Map()
    for (const [place, disk] of this.data.disks.entries()) {
      const { index } = disk.source
      const open = this.open(place, disk, true)
      try {
        for (const group of [...(lacking.get(index) ?? [])].sort((a, b) => a - b))
          if (!(await this.group(open, group, await sender.askRows(index, group)))) return
        await this.flush()
      } finally {
        closeDisk(open)
      }
    }
  }

  /** The receiver's digests of a group, from where they come cheapest: computed, known here, or asked for. */
  private async theirRows({ disk, next, cached }: OpenDisk, group: number): Promise<Uint8Array> {
    const { sizeBytes, index } = disk.source
    const digest = digestAt(new Uint8Array(disk.theirs), group)
    const isCached = disk.cached !== undefined && same(digestAt(disk.cached.groups, group), digest)
    // What this order has compared before, or an earlier one.
    const isOwn = same(digestAt(new Uint8Array(disk.own), group), digest)
    const known =
      rowsOf(isOwn ? next : undefined, sizeBytes, group, digest) ??
      rowsOf(isCached ? cached : undefined, sizeBytes, group, digest)
    if (known !== undefined) return known
    const blank = blankRows(sizeBytes, group)
    // Without a manifest an estimate takes the receiver's disk for blank, as it is before the first sync.
    if (this.sender === undefined) return blank
    if (same(digestOf(blank), digest)) return blank
    const rows = await this.sender.askRows(index, group)
    if (rows.length !== blank.length)
      throw new Fault('PROTOCOL', `group ${group} has ${rows.length} bytes of digests`)
    return rows
  }

  /** Compares a group and notes its digests. False when it was stopped before the group's end. */
  private async group(open: OpenDisk, group: number, theirs: Uint8Array): Promise<boolean> {
    const { disk, next, pass } = open
    const known = pass.blocks === null ? undefined : knownRows(open, group)
    // What is not compared is what the receiver has.
    const own = Buffer.from(theirs)
    for (const run of runsOf(open, group, known, theirs, GROUP_BLOCKS))
      if (!(await this.blocks(open, group, run, { theirs, own }))) return false
    if (next !== undefined) writeSync(next, own, 0, own.length, rowOffset(group * GROUP_BLOCKS))
    new Uint8Array(disk.own).set(digestOf(own), group * DIGEST_BYTES)
    return true
  }

  private async blocks(open: OpenDisk, group: number, run: Run, rows: GroupRows): Promise<boolean> {
    const { place, disk, extents, pages, isAgain } = open
    const base = group * GROUP_BLOCKS
    const end = Math.min(disk.source.sizeBytes, (base + run.first + run.count) * BLOCK_BYTES)
    for (let offset = (base + run.first) * BLOCK_BYTES; offset < end;) {
      if (this.progress.isStopped()) return false
      const builder = await this.space(place, disk)
      const began = performance.now()
      const first = offset / BLOCK_BYTES - base
      let changedBytes = 0
      const changed = (entry: BatchEntry, bytes?: Buffer, theirs?: Uint8Array): void => {
        changedBytes += entry.length
        if (this.pass.isScrub && this.found.length < MOST_FOUND)
          this.found.push({ place, block: entry.block })
        if (this.sender)
          builder.keep(pages && bytes && theirs ? pages.narrowed(entry, bytes, theirs) : entry, bytes)
      }
      let length = extents.holeBytes(offset, Math.min(EXTENT_BYTES, end - offset))
      if (length > 0) compareHole(length, base, first, rows, changed)
      else {
        const extent = await this.read(extents, offset, end, builder.space())
        compareExtent(extent, base, first, rows, changed)
        length = extent.length
      }
      this.progress.addDisk(place, 'changedBytes', changedBytes)
      if (!isAgain) this.progress.addDisk(place, 'comparedBytes', length)
      offset += length
      const workMs = performance.now() - began
      if (builder.isFull()) await this.flush()
      // Reading blocks this thread: acknowledgements and a stop come in here.
      await (this.data.isGentle ? pause(restMs(workMs, othersLoad())) : breath())
    }
    return true
  }

  private async read(
    extents: OpenDisk['extents'],
    offset: number,
    end: number,
    space: Buffer,
  ): Promise<Buffer> {
    const begin = performance.now()
    const extent = await extents.next(offset, end, space)
    this.progress.add('readUs', (performance.now() - begin) * 1000)
    this.progress.add('readBytes', extent.length)
    return extent
  }

  private async space(place: number, disk: ThreadDisk): Promise<BatchBuilder> {
    // An estimate keeps nothing, so its one buffer is never full.
    const memory = (): Promise<Buffer> | Buffer => this.sender?.buffer() ?? this.batches.take()
    this.builder ??= new BatchBuilder(await memory(), place, disk.source.index)
    return this.builder
  }

  private async flush(): Promise<void> {
    const builder = this.builder
    this.builder = undefined
    if (builder === undefined) return
    if (this.sender === undefined) return this.batches.giveBack(builder.memory)
    this.compression.follow(this.progress.sending().compression, performance.now())
    const framed = builder.finish(this.compression.isWorthwhile())
    if (framed.blockBytes === 0) return this.sender.giveBack(framed.buffer)
    await mayGo(this.throttled, framed.frame.length)
    const waited = await this.sender.send(framed)
    this.compression.sent(framed.blockBytes, framed.frame.length, waited, performance.now())
  }
}
