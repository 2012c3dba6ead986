/** What an order and its threads say to each other, and the memory that they share. */
import type { MachineFault, SourceDisk } from '../protocol/control.ts'
import type { Receiver } from './link.ts'

/** A disk of the order as its threads share it. */
export interface ThreadDisk {
  readonly source: SourceDisk
  /** The receiver's group digests, filled in by the first thread; all zeros in an estimate without a manifest. */
  readonly theirs: SharedArrayBuffer
  /** Group digests of what lies here, as far as they are known. */
  readonly own: SharedArrayBuffer
  /** The cached manifest, if one can be believed, and its group digests. */
  readonly cached: { readonly path: string; readonly groups: Uint8Array } | undefined
  /** Where the pages of blocks that change again are remembered; undefined when nothing is sent, or all is new. */
  readonly pages: string | undefined
  /** Where the rows for the next cached manifest go; undefined in an estimate. */
  readonly next: string | undefined
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
  /** Everything this thread found is durable at the receiver (or, when stopped, as much as was in time). */
  | { readonly kind: 'finished' }
  | { readonly kind: 'sealed'; readonly roots: ReadonlyMap<number, string> }
  | { readonly kind: 'failed'; readonly fault: MachineFault }
  /** The order is left behind: the last message of it. */
  | { readonly kind: 'idle' }

export type ToOrderThread =
  | { readonly kind: 'begin'; readonly data: OrderThreadData }
  /** The groups that the receiver has are in shared memory: begin. */
  | { readonly kind: 'go' }
  | { readonly kind: 'seal' }
  | { readonly kind: 'ticket'; readonly ticket: string }
  | { readonly kind: 'end' }
