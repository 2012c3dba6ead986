/**
 * The thread that takes what the kernel records and keeps the dirty maps. A thread of its own, so that nothing that the
 * rest of the agent does for a while lets the kernel's buffers run full.
 */
import { join } from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { SourceDisk } from '../../protocol/control.ts'
import { log, wordsOf } from '../../protocol/log.ts'
import type { HoldLimits } from '../freeze/decide.ts'
import { trimMemory } from '../trim-memory.ts'
import { takeInstant, writeOut, type Instant } from '../freeze/instant.ts'
import { DiskTracker, type Taken } from './disk-tracker.ts'
import { findTracefs, instanceName, mapDirectory, removeOthers } from './tracefs.ts'

/** How often the kernel's buffers are looked at, in milliseconds. */
const POLL_MS = 100

/** A `Taken` as it travels; without an era the disk is not tracked at all. */
export interface TakenBlocks {
  readonly bits: Uint8Array
  readonly because: string | undefined
  readonly era: number
}

/** What the thread may be asked for, each with its answer. */
export interface TrackingCalls {
  follow(disks: readonly SourceDisk[]): void
  take(disk: number, root: string | undefined): TakenBlocks
  /** What `take` would hand over; nothing is handed over. */
  look(disk: number, root: string | undefined): TakenBlocks
  more(disk: number, era: number): TakenBlocks
  peek(disk: number): Uint8Array
  /** Writes out what is only in memory yet of the file systems on these disks. */
  writeOut(disks: readonly number[]): Promise<void>
  /** All disks of an order at one instant. */
  instant(
    disks: readonly { readonly disk: number; readonly era: number }[],
    limits: HoldLimits,
  ): Promise<Instant>
  doubt(disk: number, because: string): void
  expect(disk: number, root: string, era: number): void
  settle(disk: number, root: string, era: number): void
}

export interface ToTracking {
  readonly ask: number
  readonly call: keyof TrackingCalls
  readonly args: readonly unknown[]
}

export type FromTracking =
  { readonly ask: number; readonly answer: unknown } | { readonly ask: number; readonly problem: string }

/** Starts the thread. `home`: the agent's. */
export const startTrackingThread = (home: string): Worker =>
  new Worker(new URL(import.meta.url), {
    workerData: { role: 'tracking', home },
    resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 32 },
  })

const isSame = (one: SourceDisk, other: SourceDisk): boolean =>
  one.path === other.path && one.identity === other.identity && one.sizeBytes === other.sizeBytes

const travelling = ({ blocks, because, era }: Taken): TakenBlocks => ({ bits: blocks.bytes, because, era })

class Trackers implements TrackingCalls {
  private readonly home: string
  private readonly trackers = new Map<number, DiskTracker>()
  /** Why a disk is not tracked. */
  private readonly untracked = new Map<number, string>()
  /** The end of the instant that was asked for last. */
  private instants: Promise<unknown> = Promise.resolve()

  constructor(home: string) {
    this.home = home
    setInterval(() => this.poll(), POLL_MS)
  }

  follow(disks: readonly SourceDisk[]): void {
    const tracefs = findTracefs()
    for (const disk of disks) {
      const known = this.trackers.get(disk.index)
      if (known !== undefined && isSame(known.disk, disk)) continue
      known?.close()
      this.trackers.delete(disk.index)
      this.begin(disk, tracefs)
    }
    if (tracefs !== undefined) removeOthers(tracefs, this.home, [...this.trackers.keys()])
  }

  take(disk: number, root: string | undefined): TakenBlocks {
    return this.use(disk, (tracker) => travelling(tracker.take(root)))
  }

  look(disk: number, root: string | undefined): TakenBlocks {
    return this.use(disk, (tracker) => travelling(tracker.look(root)))
  }

  more(disk: number, era: number): TakenBlocks {
    return this.use(disk, (tracker) => travelling(tracker.more(era)))
  }

  peek(disk: number): Uint8Array {
    return this.use(disk, (tracker) => tracker.peek().bytes)
  }

  writeOut(disks: readonly number[]): Promise<void> {
    return writeOut(disks.map((disk) => this.tracker(disk).disk))
  }

  instant(
    disks: readonly { readonly disk: number; readonly era: number }[],
    limits: HoldLimits,
  ): Promise<Instant> {
    // One after the other: that of a sync that was stopped may still be waiting for its hooks.
    const instant = this.instants.then(() =>
      takeInstant(
        disks.map(({ disk, era }) => ({ tracker: this.tracker(disk), era })),
        limits,
        mapDirectory(this.home),
      ),
    )
    this.instants = instant.catch(() => undefined)
    return instant
  }

  doubt(disk: number, because: string): void {
    this.use(disk, (tracker) => tracker.doubt(because))
  }

  expect(disk: number, root: string, era: number): void {
    this.use(disk, (tracker) => tracker.expect(root, era))
  }

  settle(disk: number, root: string, era: number): void {
    this.use(disk, (tracker) => tracker.settle(root, era))
  }

  private begin(disk: SourceDisk, tracefs: string | undefined): void {
    try {
      if (tracefs === undefined) throw new Error("the kernel's tracing is not available")
      const file = join(mapDirectory(this.home), `disk-${disk.index}.dirty`)
      const instance = instanceName(this.home, disk.index)
      this.trackers.set(disk.index, new DiskTracker(disk, { tracefs, instance, file }))
      this.untracked.delete(disk.index)
    } catch (problem) {
      this.leave(disk.index, problem)
    }
  }

  private leave(disk: number, problem: unknown): void {
    const because = wordsOf(problem).slice(0, 120)
    if (this.untracked.get(disk) !== because)
      log('info', 'writes to a disk are not tracked', { disk, because })
    this.untracked.set(disk, because)
    this.trackers.get(disk)?.close()
    this.trackers.delete(disk)
  }

  /** A tracker that has come to its end is left behind: the next order begins another. */
  private use<T>(disk: number, call: (tracker: DiskTracker) => T): T {
    const tracker = this.tracker(disk)
    try {
      return call(tracker)
    } catch (problem) {
      if (tracker.isOver) this.leave(disk, problem)
      throw problem
    }
  }

  private tracker(disk: number): DiskTracker {
    const tracker = this.trackers.get(disk)
    if (tracker === undefined) throw new Error(this.untracked.get(disk) ?? 'the disk is not tracked')
    return tracker
  }

  private poll(): void {
    for (const [disk, tracker] of this.trackers) {
      try {
        tracker.poll()
      } catch (problem) {
        this.mistrust(disk, tracker, `written blocks could not be noted: ${wordsOf(problem)}`.slice(0, 120))
      }
    }
  }

  /** A doubt that cannot be noted ends the tracker, whose map then still says that it may lack something. */
  private mistrust(disk: number, tracker: DiskTracker, because: string): void {
    try {
      tracker.doubt(because)
    } catch {
      this.leave(disk, because)
    }
  }
}

function serve(port: NonNullable<typeof parentPort>, home: string): void {
  const trackers = new Trackers(home)
  trimMemory()
  const answer = async ({ call, args }: ToTracking): Promise<unknown> =>
    (trackers[call] as (...args: readonly unknown[]) => unknown).apply(trackers, [...args])
  port.on('message', (asked: ToTracking) => {
    const { ask } = asked
    answer(asked).then(
      (answer) => port.postMessage({ ask, answer } satisfies FromTracking),
      (problem: unknown) => port.postMessage({ ask, problem: wordsOf(problem) } satisfies FromTracking),
    )
  })
}

const isTrackingThread = (data: unknown): data is { readonly home: string } =>
  typeof data === 'object' && data !== null && 'role' in data && data.role === 'tracking'

const startedWith: unknown = workerData
if (!isMainThread && parentPort && isTrackingThread(startedWith)) serve(parentPort, startedWith.home)
