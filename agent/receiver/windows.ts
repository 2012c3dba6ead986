/**
 * How blocks become durable, window after window. A window is what arrived while the one before was being written,
 * so a slow disk gets large windows and an idle one answers at once; none is larger than WINDOW_BYTES.
 *
 *   1  journal: the blocks of the last window are known, those of this window are in doubt; fdatasync
 *   2  acknowledge the last window
 *   3  write this window's blocks; fdatasync the disks
 *
 * Blocks that came as pages are put together with what lies on the disk right before step 3, when the windows before
 * are on it; those that then are not what their digests say stay unknown, and their session is told.
 *
 * Step 1 of the next round does the bookkeeping of this one, so a window costs two fdatasyncs, and no block is
 * overwritten before the journal durably says that its old digest no longer holds.
 *
 * A failed write or fdatasync is never tried again: both windows' blocks become unknown, every connection is told,
 * and the next one that comes must see that recorded in a fresh manifest and journal before anything is written.
 */
import { asMachineFault, errnoOf, Fault } from '../protocol/fault.ts'
import type { MachineFault } from '../protocol/control.ts'
import { failpoint } from '../protocol/failpoint.ts'
import type { JournalRecord, KnownBlock } from '../protocol/journal.ts'
import type { CheckedBatch } from './check-batch.ts'
import type { DiskStore } from './disk-store.ts'
import { lackingBlocks } from './rebuild-blocks.ts'
import { writeBlocks } from './write-blocks.ts'

/** Bytes of blocks in one window, at most. */
const WINDOW_BYTES = 12 * 1024 * 1024

/** A window is begun with so many bytes, or after so many milliseconds: a round costs the same for few blocks as for many. */
const GATHER_BYTES = 4 * 1024 * 1024
const GATHER_MS = 4

/** Batches that are written at the same time: more do not make a disk faster. */
const WRITERS = 3

/** A batch on its way to the disk. */
export interface WindowBatch {
  readonly session: number
  readonly batch: CheckedBatch
  /** Where it lies in the shared memory; undefined for memory of its own. */
  readonly slot: number | undefined
  /** Whether its blocks begin at a page. */
  readonly isAligned: boolean
  /** Blocks that were not written and are unknown now: their pages do not fit what lies here. */
  lacking?: ReadonlySet<number>
}

/** What is told of batches; each is told of once. */
interface WindowEvents {
  readonly durable: (batches: readonly WindowBatch[]) => void
  readonly dropped: (batches: readonly WindowBatch[]) => void
  readonly failed: (fault: MachineFault) => void
}

const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG']

/** A disk's refusal in the words of the fault catalogue. */
function diskFault(problem: unknown): Fault {
  const errno = errnoOf(problem)
  const words = problem instanceof Error ? problem.message : String(problem)
  return new Fault(FULL.includes(errno ?? '') ? 'RECEIVER_DISK_FULL' : 'RECEIVER_IO', words, {
    cause: problem,
  })
}

export class Windows {
  private readonly stores: ReadonlyMap<number, DiskStore>
  private readonly events: WindowEvents
  private queue: WindowBatch[] = []
  private queuedBytes = 0
  /** Ends the gathering of a window. */
  private enough: () => void = () => undefined
  private running: Promise<void> | undefined
  /** Set when a round failed, until the rows are durable again. */
  private isDamaged = false

  constructor(stores: ReadonlyMap<number, DiskStore>, events: WindowEvents) {
    this.stores = stores
    this.events = events
  }

  /** Takes a checked batch. Refused while damaged. */
  add(batch: WindowBatch): void {
    if (this.isDamaged) return this.events.dropped([batch])
    this.queue.push(batch)
    this.queuedBytes += memoryBytes(batch)
    if (this.queuedBytes >= GATHER_BYTES) this.enough()
    this.running ??= this.rounds()
  }

  /** Waits until nothing is under way. */
  async settled(): Promise<void> {
    while (this.running) await this.running
  }

  /** After a failure: records durably what is unknown now. Throws Fault if the disk still refuses. */
  async recover(): Promise<void> {
    // While others write there is always a window under way: only a failure is worth waiting for its end.
    if (!this.isDamaged) return
    await this.settled()
    try {
      for (const store of this.stores.values()) store.compact()
    } catch (problem) {
      throw diskFault(problem)
    }
    this.isDamaged = false
  }

  /** The roots of the disks by their index, once nothing is under way. A failure counts as one of a round. Throws Fault. */
  async seal(): Promise<ReadonlyMap<number, string>> {
    await this.settled()
    await this.recover()
    failpoint('receiver:seal:before')
    try {
      return new Map(Array.from(this.stores, ([index, store]) => [index, store.seal()]))
    } catch (problem) {
      // A manifest may be in place now whose journal is not the one that is written to.
      this.isDamaged = true
      throw diskFault(problem)
    }
  }

  private async rounds(): Promise<void> {
    let last: WindowBatch[] = []
    let next: WindowBatch[] = []
    try {
      for (;;) {
        await this.gather()
        next = this.take()
        if (last.length + next.length === 0) break
        await this.journal(last, next)
        failpoint('receiver:ack:before')
        this.events.durable(last)
        last = []
        await this.write(next)
        last = next
      }
    } catch (problem) {
      this.abandon([...last, ...next, ...this.queue], problem)
    }
    this.running = undefined
  }

  private gather(): Promise<void> {
    if (this.queuedBytes >= GATHER_BYTES) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS)
      this.enough = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** The next window. No two of its batches hold the same block: their writes may pass each other. */
  private take(): WindowBatch[] {
    const blocks = new Set<number>()
    let bytes = 0
    let count = 0
    for (const queued of this.queue) {
      const { batch } = queued
      const keys = batch.entries.map(({ block }) => batch.disk * 2 ** 32 + block)
      if (bytes >= WINDOW_BYTES || keys.some((key) => blocks.has(key))) break
      for (const key of keys) blocks.add(key)
      bytes += memoryBytes(queued)
      count++
    }
    this.queuedBytes -= bytes
    return this.queue.splice(0, count)
  }

  private async journal(last: readonly WindowBatch[], next: readonly WindowBatch[]): Promise<void> {
    const records = [...this.stores].map(async ([index, store]) => {
      const known: KnownBlock[] = writtenIn(last, index)
      const doubtful = blocksIn(next, index).map(({ block }) => block)
      const record: JournalRecord = { known, doubtful }
      if (known.length + doubtful.length > 0) await store.record(record)
    })
    await allEnded(records)
  }

  private async write(batches: readonly WindowBatch[]): Promise<void> {
    const touched = new Set<DiskStore>()
    const left = batches.values()
    const writer = async (): Promise<void> => {
      for (const each of left) {
        const { batch, isAligned } = each
        const store = this.stores.get(batch.disk)
        if (store === undefined) throw new Error(`disk ${batch.disk} passed the check and is not there`)
        touched.add(store)
        const lacking = await lackingBlocks(store.place.fd, batch)
        each.lacking = lacking
        failpoint('receiver:write:before')
        await writeBlocks(store.place, batch, isAligned, lacking)
        failpoint('receiver:write:after')
      }
    }
    await allEnded(Array.from({ length: WRITERS }, writer))
    await allEnded([...touched].map((store) => store.sync()))
  }

  private abandon(batches: readonly WindowBatch[], problem: unknown): void {
    this.isDamaged = true
    this.queue = []
    this.queuedBytes = 0
    this.events.dropped(batches)
    for (const [index, store] of this.stores) store.forget(blocksIn(batches, index).map(({ block }) => block))
    this.events.failed(asMachineFault(diskFault(problem)))
  }
}

const memoryBytes = ({ batch }: WindowBatch): number => batch.raw.length + batch.entries.length * 64

/** Waits for all, also when one fails: nothing may still be writing when a failure is dealt with. */
async function allEnded(work: readonly Promise<void>[]): Promise<void> {
  for (const end of await Promise.allSettled(work)) if (end.status === 'rejected') throw end.reason
}

const blocksIn = (batches: readonly WindowBatch[], disk: number): KnownBlock[] =>
  batches.filter(({ batch }) => batch.disk === disk).flatMap(({ batch }) => batch.entries)

const writtenIn = (batches: readonly WindowBatch[], disk: number): KnownBlock[] =>
  batches.flatMap((each) => blocksIn([each], disk).filter(({ block }) => each.lacking?.has(block) !== true))
