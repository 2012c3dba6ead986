/** The main thread's side of the disk thread: questions with answers, and the memory that travels. */
import type { Worker } from 'node:worker_threads'
import type { MachineFault } from '../protocol/control.ts'
import { BATCH_BYTES } from '../protocol/batch.ts'
import { Fault } from '../protocol/fault.ts'
import type { WelcomeDisk } from '../protocol/wire.ts'
import {
  startDiskThread,
  type DiskThreadData,
  type FromDisks,
  type SealedDisk,
  type ToDisks,
} from './disk-thread.ts'

/** What the disks tell without being asked. */
export interface DiskEvents {
  readonly ack: (session: number, sequence: number) => void
  readonly badBatch: (session: number, fault: MachineFault) => void
  readonly failed: (fault: MachineFault) => void
}

type Answer = Extract<FromDisks, { readonly ask: number }>
type Ask<T> = T extends { readonly ask: number } ? Omit<T, 'ask'> : never

/** A fault that travelled as data. */
const thrown = ({ code, detail }: MachineFault): Fault => new Fault(code as 'INTERNAL', detail)

/** Buffers kept for frames to come; more than that are left to the garbage collector. */
const SPARE_BUFFERS = 24

export class Disks {
  /** Resolves when every disk's manifest is at hand, which may take as long as reading them. */
  readonly ready: Promise<void>
  private readonly thread: Worker
  private readonly events: DiskEvents
  private readonly waiting = new Map<
    number,
    { resolve: (answer: Answer) => void; reject: (fault: Fault) => void }
  >()
  private readonly spare: ArrayBuffer[] = []
  private asked = 0

  constructor(data: DiskThreadData, events: DiskEvents) {
    this.events = events
    this.thread = startDiskThread(data)
    this.ready = new Promise((resolve, reject) => {
      this.thread.on('error', reject)
      this.thread.on('message', (message: FromDisks) => {
        if (message.kind === 'ready') resolve()
        else if (message.kind === 'unusable') reject(thrown(message.fault))
        else this.handle(message)
      })
    })
  }

  /** Memory for a frame's body; a batch's is handed on to the disk thread and comes back. */
  allocate = (bytes: number): Buffer => {
    if (bytes < 64 * 1024 || bytes > BATCH_BYTES) return Buffer.allocUnsafeSlow(bytes)
    return Buffer.from(this.spare.pop() ?? new ArrayBuffer(BATCH_BYTES), 0, bytes)
  }

  async open(settle: boolean): Promise<readonly WelcomeDisk[]> {
    const answer = await this.ask({ kind: 'open', settle })
    return answer.kind === 'opened' ? answer.disks : []
  }

  async rows(disk: number, group: number): Promise<Uint8Array> {
    const answer = await this.ask({ kind: 'rows', disk, group })
    return answer.kind === 'rows' ? answer.digests : new Uint8Array(0)
  }

  async seal(): Promise<readonly SealedDisk[]> {
    const answer = await this.ask({ kind: 'seal' })
    return answer.kind === 'sealed' ? answer.disks : []
  }

  /** Hands a batch over; its memory is gone from here. */
  write(session: number, body: Buffer): void {
    const bytes = body.buffer as ArrayBuffer
    this.thread.postMessage({ kind: 'batch', session, bytes, length: body.length } satisfies ToDisks, [bytes])
  }

  private ask(question: Ask<ToDisks>): Promise<Answer> {
    const ask = ++this.asked
    this.thread.postMessage({ ...question, ask })
    return new Promise((resolve, reject) => this.waiting.set(ask, { resolve, reject }))
  }

  private handle(message: Exclude<FromDisks, { kind: 'ready' | 'unusable' }>): void {
    switch (message.kind) {
      case 'ack':
        for (const bytes of message.bytes)
          if (bytes.byteLength === BATCH_BYTES && this.spare.length < SPARE_BUFFERS) this.spare.push(bytes)
        return this.events.ack(message.session, message.sequence)
      case 'bad-batch':
        return this.events.badBatch(message.session, message.fault)
      case 'failed':
        return this.events.failed(message.fault)
      case 'opened':
      case 'rows':
      case 'sealed':
      case 'refused': {
        const asked = this.waiting.get(message.ask)
        this.waiting.delete(message.ask)
        if (message.kind === 'refused') asked?.reject(thrown(message.fault))
        else asked?.resolve(message)
      }
    }
  }
}
