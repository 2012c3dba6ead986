/** A thread of orders: carries out one after the other (`order-work.ts`), and waits in between (`thread-pool.ts`). */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { asMachineFault } from '../protocol/fault.ts'
import { BatchMemory } from './batch-memory.ts'
import type { FromOrderThread, OrderThreadData, Pass, ToOrderThread } from './order-messages.ts'
import { OrderWork } from './order-work.ts'
import { trimMemory } from './trim-memory.ts'

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

type Say = (message: FromOrderThread) => void

/** An order on this thread, from its begin to its end. */
class Run {
  private readonly work: OrderWork
  private readonly say: Say
  private readonly welcomed: Promise<void>

  constructor(data: OrderThreadData, memory: BatchMemory, say: Say) {
    this.say = say
    this.work = new OrderWork(data, memory)
    this.welcomed = this.work.welcome()
    this.welcomed.then(() => this.say({ kind: 'welcomed' }), this.failed)
  }

  handle(message: Exclude<ToOrderThread, { kind: 'begin' }>): void {
    const { sender } = this.work
    switch (message.kind) {
      case 'go':
        return void this.carryOut(message.pass)
      case 'ticket':
        return sender?.renew(message.ticket)
      case 'seal':
        return void sender?.sealed().then((roots) => this.say({ kind: 'sealed', roots }), this.failed)
      case 'end':
        sender?.close()
        return this.say({ kind: 'idle' })
    }
  }

  private async carryOut(pass: Pass): Promise<void> {
    try {
      await this.welcomed
      this.say({ kind: 'finished', found: await this.work.run(pass) })
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
  trimMemory()
  port.on('message', (message: ToOrderThread) => {
    if (message.kind === 'begin') run = new Run(message.data, memory, (said) => port.postMessage(said))
    else run?.handle(message)
    if (message.kind === 'end') run = undefined
  })
}

const isOrderThread = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && 'role' in data && data.role === ROLE

if (!isMainThread && parentPort && isOrderThread(workerData)) wait(parentPort)
