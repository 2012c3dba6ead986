/** The main thread's side of the disk thread: questions with answers, and the memory that travels. */
import type { Worker } from 'node:worker_threads'
import type { MachineFault } from '../protocol/control.ts'
import { Fault } from '../protocol/fault.ts'
import { FRAME, type WelcomeDisk } from '../protocol/wire.ts'
import {
  startDiskThread,
  type DiskThreadData,
  type FromDisks,
  type SealedDisk,
  type ToDisks,
} from './disk-thread.ts'
import { FrameMemory } from './frame-memory.ts'

/** What the disks tell without being asked. */
interface DiskEvents {
  readonly ack: (session: number, sequence: number) => void
  readonly lacking: (session: number, disk: number, blocks: readonly number[]) => void
  readonly badBatch: (session: number, fault: MachineFault) => void
  readonly failed: (fault: MachineFault) => void
}

type Answer = Extract<FromDisks, { readonly ask: number }>
type Ask<T> = T extends { readonly ask: number } ? Omit<T, 'ask'> : never

/** A fault that travelled as data. */
const thrown = ({ code, detail }: MachineFault): Fault => new Fault(code as 'INTERNAL', detail)

export class Disks {
  /** Resolves when every disk's manifest is at hand, which may take as long as reading them. */
  readonly ready: Promise<void>
  /** Rejects when the thread ends, which it only does because of a bug; the receiver is of no use then. */
  readonly ended: Promise<never>
  private readonly thread: Worker
  private readonly events: DiskEvents
  private readonly waiting = new Map<
    number,
    { resolve: (answer: Answer) => void; reject: (fault: Fault) => void }
  >()
  private readonly memory = new FrameMemory()
  private asked = 0

  constructor(data: Omit<DiskThreadData, 'role' | 'memory'>, events: DiskEvents) {
    this.events = events
    this.thread = startDiskThread({ ...data, role: 'disks', memory: this.memory.shared })
    this.ended = new Promise((_, reject) => {
      this.thread.on('error', reject)
      this.thread.on('exit', (code) => reject(new Error(`the disk thread ended with ${code}`)))
    })
    this.ended.catch(() => undefined)
    this.ready = new Promise((resolve, reject) => {
      this.thread.on('error', reject)
      this.thread.on('message', (message: FromDisks) => {
        if (message.kind === 'ready') resolve()
        else if (message.kind === 'unusable') reject(thrown(message.fault))
        else this.handle(message)
      })
    })
  }

  /** Memory for a frame's body; a batch's goes to the disk thread with `write`, or back with `giveBack`. */
  allocate(bytes: number, type: number): Buffer {
    return type === FRAME.batch ? this.memory.take(bytes) : Buffer.allocUnsafe(bytes)
  }

  /** Takes memory back that was not written from. */
  giveBack(body: Buffer): void {
    if (this.memory.has(body)) this.memory.release(body.byteOffset)
  }

  /** Gets the memory of batches ready before the first one comes; the receiver is slower to answer meanwhile. */
  warm(): void {
    this.memory.warm()
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

  /** Hands a batch over; its memory is not to be touched any more. */
  write(session: number, body: Buffer): void {
    const { byteOffset: at, length } = body
    const own = this.memory.has(body) ? null : (body.buffer as ArrayBuffer)
    this.thread.postMessage(
      { kind: 'batch', session, own, at, length } satisfies ToDisks,
      own === null ? [] : [own],
    )
  }

  private ask(question: Ask<ToDisks>): Promise<Answer> {
    const ask = ++this.asked
    this.thread.postMessage({ ...question, ask })
    return new Promise((resolve, reject) => this.waiting.set(ask, { resolve, reject }))
  }

  private handle(message: Exclude<FromDisks, { kind: 'ready' | 'unusable' }>): void {
    switch (message.kind) {
      case 'free':
        for (const at of message.slots) this.memory.release(at)
        return
      case 'ack':
        return this.events.ack(message.session, message.sequence)
      case 'lacking':
        return this.events.lacking(message.session, message.disk, message.blocks)
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
