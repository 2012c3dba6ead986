/** What an order is, what it and its threads say to each other, and the memory that they share. */
import type { MachineFault, SourceDisk, SyncOrder } from '../protocol/control.ts'
import type { HeldMemory } from './freeze/held-blocks.ts'
import type { Receiver } from './link.ts'

/**
 * An order of the bot, or one of our own that sends nothing and needs neither ticket nor receiver: an estimate of what
 * would be sent, or a scrub (`tracking/scrub.ts`).
 */
export type OrderAsked = Omit<SyncOrder, 'kind'> & { readonly kind: SyncOrder['kind'] | 'estimate' | 'scrub' }

/** A disk of the order as its threads share it. */
export interface ThreadDisk {
  readonly source: SourceDisk
  /** The receiver's group digests, filled in by the first thread; all zeros in an estimate without a manifest. */
  readonly theirs: SharedArrayBuffer
  /** Group digests of what lies here, as far as they are known; the rows that they are of are in `next` or `cached`. */
  readonly own: SharedArrayBuffer
  /** The cached manifest, if one can be believed, and its group digests. */
  readonly cached: { readonly path: string; readonly groups: Uint8Array } | undefined
  /** Where the pages of blocks that change again are remembered; undefined when nothing is sent, or all is new. */
  readonly pages: string | undefined
  /** Where the rows for the next cached manifest go; undefined in an estimate. */
  readonly next: string | undefined
}

/** What a pass compares of a disk. */
export interface PassDisk {
  /** Its blocks as bits (`BlockBits`); null: all. */
  readonly blocks: Uint8Array | null
  /** Read them from here, not from the disk. */
  readonly held: HeldMemory | null
}

/** An order is one pass over its disks, or several, each over what was written during the one before. */
export interface Pass {
  readonly disks: readonly PassDisk[]
  /** Whether each block that differed is to be told. */
  readonly isScrub: boolean
}

/** A block that differed, of the disk at this place in the order. */
export interface FoundBlock {
  readonly place: number
  readonly block: number
}

export interface OrderThreadData {
  readonly connection: number
  /** The server is to be spared (`gentle.ts`). */
  readonly isGentle: boolean
  /** Null: an estimate, nothing is sent. */
  readonly send: {
    readonly receiver: Receiver
    readonly ticket: string
    readonly window: number
    readonly reconnectMs: number
  } | null
  readonly disks: readonly ThreadDisk[]
  readonly progress: SharedArrayBuffer
}

export type FromOrderThread =
  /** The receiver is reached and, by the first thread, its group digests are in shared memory. */
  | { readonly kind: 'welcomed' }
  /** Everything this thread found in this pass is durable at the receiver (or, when stopped, as much as was in time). */
  | { readonly kind: 'finished'; readonly found: readonly FoundBlock[] }
  | { readonly kind: 'sealed'; readonly roots: ReadonlyMap<number, string> }
  | { readonly kind: 'failed'; readonly fault: MachineFault }
  /** The order is left behind: the last message of it. */
  | { readonly kind: 'idle' }

export type ToOrderThread =
  | { readonly kind: 'begin'; readonly data: OrderThreadData }
  /** The groups that the receiver has are in shared memory: begin a pass. */
  | { readonly kind: 'go'; readonly pass: Pass }
  | { readonly kind: 'seal' }
  | { readonly kind: 'ticket'; readonly ticket: string }
  | { readonly kind: 'end' }
