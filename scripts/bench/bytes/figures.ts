/** What the byte path's bench finds out. Ratios are of medians taken in the same run. */
import type { Pattern } from './changes.ts'
import type { Peer } from './peers.ts'

export interface PatternFigures {
  /** Until everything was durable, a `sync -f` at the end included. */
  readonly seconds: number
  /** What `sync -f` takes alone for the same bytes, written into the page cache. */
  readonly flushSeconds: number
  /** The seconds beyond that flush, to `cat disk > /dev/null`. */
  readonly vsCat: number
  /** Seconds of the peers that were found, each with its flush. */
  readonly peers: Readonly<Partial<Record<Peer['name'], number>>>
  /** What the agent sent by byte that was written; null when nothing was. */
  readonly wirePerChangedByte: number | null
}

/** A disk that is one hole, its writes known. Seconds until all was durable. */
export interface TrackedDisk {
  readonly sizeBytes: number
  /** Of the first sync, which compares every block. */
  readonly firstSeconds: number
  readonly unchangedSeconds: number
  /** With 100 MiB written. */
  readonly changedSeconds: number
  readonly agentRssMiB: number
  readonly receiverRssMiB: number
}

export interface TrackedFigures {
  /** Nothing written, on the disk that the others are measured on, to `cat` of it. */
  readonly c0VsCat: number
  readonly c0Seconds: number
  /** The same when the copy is wanted at one instant. */
  readonly instantSeconds: number
  readonly curve: readonly TrackedDisk[]
}

export interface Figures {
  readonly sizeBytes: number
  readonly rounds: number
  readonly catSeconds: number
  /** Comparing only, asked of the running agent, to `cat`. */
  readonly compareVsCat: number
  readonly syncs: Readonly<Record<Pattern, PatternFigures>>
  /** The first sync to a blank disk, to nbdcopy with its flush; null where that is not installed. */
  readonly full: {
    readonly seconds: number
    readonly vsNbdcopy: number | null
    readonly vsNbdcopyOverTls: number | null
  }
  /** Comparing a block device that is not in the cache: `dd iflag=direct` by Ferry, so 1 is as fast; null without loop devices. */
  readonly coldVsDirect: number | null
  /** Null where the kernel's tracing or loop devices are not to be had. */
  readonly tracked: TrackedFigures | null
  readonly rssMiB: { readonly agent: number; readonly receiver: number }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2
}
