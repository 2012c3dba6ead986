/**
 * The thread that owns the disks: it checks, writes, makes durable and answers for what lies there, while the main
 * thread talks to the network. Messages are handled in the order they come.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { MachineFault, ReceiverConfig } from '../protocol/control.ts'
import { PAGE_BYTES } from '../protocol/aligned.ts'
import { asMachineFault, Fault } from '../protocol/fault.ts'
import { WireError } from '../protocol/wire.ts'
import type { WelcomeDisk } from '../protocol/wire.ts'
import { checkBatch } from './check-batch.ts'
import type { DiskStore } from './disk-store.ts'
import { openDisk } from './open-disk.ts'
import { Windows, type WindowBatch } from './windows.ts'

export interface DiskThreadData {
  readonly role: 'disks'
  readonly home: string
  readonly devices: string
  readonly disks: ReceiverConfig['disks']
  /** What batches lie in (`frame-memory.ts`). */
  readonly memory: SharedArrayBuffer
}

/** What the main thread asks. `ask` numbers the questions that have one answer. */
export type ToDisks =
  /** A session begins. `settle`: wait until all that came before is durable and give the group digests. */
  | { readonly kind: 'open'; readonly ask: number; readonly settle: boolean }
  | { readonly kind: 'rows'; readonly ask: number; readonly disk: number; readonly group: number }
  | { readonly kind: 'seal'; readonly ask: number }
  /** The body lies at `at` in the shared memory, whose slot comes back with `free`, or in memory of its own, transferred. */
  | {
      readonly kind: 'batch'
      readonly session: number
      readonly own: ArrayBuffer | null
      readonly at: number
      readonly length: number
    }

export interface SealedDisk {
  readonly index: number
  readonly sizeBytes: number
  readonly root: string
}

export type FromDisks =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unusable'; readonly fault: MachineFault }
  | { readonly kind: 'opened'; readonly ask: number; readonly disks: readonly WelcomeDisk[] }
  | { readonly kind: 'rows'; readonly ask: number; readonly digests: Uint8Array }
  | { readonly kind: 'sealed'; readonly ask: number; readonly disks: readonly SealedDisk[] }
  | { readonly kind: 'refused'; readonly ask: number; readonly fault: MachineFault }
  /** Durable up to `sequence` on this session. */
  | { readonly kind: 'ack'; readonly session: number; readonly sequence: number }
  /** Blocks of this session that came as pages and stay unknown; told before the `ack` of their batch. */
  | {
      readonly kind: 'lacking'
      readonly session: number
      readonly disk: number
      readonly blocks: readonly number[]
    }
  /** Batches that lay here in the shared memory are done with, one way or another. */
  | { readonly kind: 'free'; readonly slots: readonly number[] }
  /** A batch of this session was not acceptable; nothing of it was written. */
  | { readonly kind: 'bad-batch'; readonly session: number; readonly fault: MachineFault }
  /** The disks failed: what was under way is lost, for all sessions. */
  | { readonly kind: 'failed'; readonly fault: MachineFault }

/** Starts the thread. */
export const startDiskThread = (data: DiskThreadData): Worker =>
  new Worker(new URL(import.meta.url), { workerData: data, resourceLimits: { maxYoungGenerationSizeMb: 4 } })

class DiskThread {
  private readonly stores = new Map<number, DiskStore>()
  private readonly windows: Windows
  private readonly memory: SharedArrayBuffer
  private readonly send: (message: FromDisks) => void

  constructor(data: DiskThreadData, send: (message: FromDisks) => void) {
    this.send = send
    this.memory = data.memory
    for (const disk of data.disks) this.stores.set(disk.index, openDisk(data.devices, data.home, disk))
    this.windows = new Windows(this.stores, {
      durable: (batches) => this.acknowledge(batches),
      dropped: (batches) => this.free(batches),
      failed: (fault) => send({ kind: 'failed', fault }),
    })
  }

  handle(message: ToDisks): void {
    if (message.kind === 'batch') return this.batch(message)
    this.answer(message).catch((problem: unknown) =>
      this.send({ kind: 'refused', ask: message.ask, fault: asMachineFault(problem) }),
    )
  }

  private async answer(message: Exclude<ToDisks, { kind: 'batch' }>): Promise<void> {
    switch (message.kind) {
      case 'open':
        if (message.settle) await this.windows.settled()
        await this.windows.recover()
        return this.send({ kind: 'opened', ask: message.ask, disks: this.welcome(message.settle) })
      case 'rows': {
        const digests = this.stores.get(message.disk)?.groupRows(message.group)
        if (digests === undefined) throw new Fault('PROTOCOL', `there is no disk ${message.disk}`)
        return this.send({ kind: 'rows', ask: message.ask, digests })
      }
      case 'seal':
        return this.send({ kind: 'sealed', ask: message.ask, disks: this.sealed(await this.windows.seal()) })
    }
  }

  private welcome(wantsGroups: boolean): WelcomeDisk[] {
    return [...this.stores].map(([index, store]) => ({
      index,
      generation: store.generation,
      sizeBytes: store.place.sizeBytes,
      groups: wantsGroups ? store.groups() : new Uint8Array(0),
    }))
  }

  private sealed(roots: ReadonlyMap<number, string>): SealedDisk[] {
    return Array.from(roots, ([index, root]) => ({
      index,
      sizeBytes: this.stores.get(index)?.place.sizeBytes ?? 0,
      root,
    }))
  }

  private batch({ session, own, at, length }: Extract<ToDisks, { kind: 'batch' }>): void {
    const body = Buffer.from(own ?? (this.memory as unknown as ArrayBuffer), at, length)
    const slot = own === null ? at : undefined
    try {
      const batch = checkBatch(body, (disk) => this.stores.get(disk)?.place.sizeBytes)
      const isAligned = own === null && !batch.isUnpacked && batch.raw.byteOffset % PAGE_BYTES === 0
      this.windows.add({ session, batch, slot, isAligned })
    } catch (problem) {
      this.free([{ slot }])
      const known = problem instanceof WireError ? new Fault('PROTOCOL', problem.message) : problem
      this.send({ kind: 'bad-batch', session, fault: asMachineFault(known) })
    }
  }

  private acknowledge(batches: readonly WindowBatch[]): void {
    this.free(batches)
    for (const { session, batch, lacking } of batches)
      if (lacking?.size) this.send({ kind: 'lacking', session, disk: batch.disk, blocks: [...lacking] })
    const last = new Map(batches.map(({ session, batch }) => [session, batch.sequence]))
    for (const [session, sequence] of last) this.send({ kind: 'ack', session, sequence })
  }

  private free(batches: readonly { readonly slot: number | undefined }[]): void {
    const slots = batches.flatMap(({ slot }) => slot ?? [])
    if (slots.length > 0) this.send({ kind: 'free', slots })
  }
}

const isDiskThread = (data: unknown): data is DiskThreadData =>
  typeof data === 'object' && data !== null && 'role' in data && data.role === 'disks'

const startedWith: unknown = workerData
if (!isMainThread && parentPort && isDiskThread(startedWith)) {
  const port = parentPort
  const send = (message: FromDisks): void => port.postMessage(message)
  try {
    const disks = new DiskThread(startedWith, send)
    port.on('message', (message: ToDisks) => disks.handle(message))
    send({ kind: 'ready' })
  } catch (problem) {
    send({ kind: 'unusable', fault: asMachineFault(problem) })
  }
}
