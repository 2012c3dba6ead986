/** Threads for orders, kept warm: starting one costs as much as sending a hundred megabytes. */
import type { Worker } from 'node:worker_threads'
import type { FromOrderThread } from './order-messages.ts'

/** Threads that wait for orders; as many as an order has connections unless its policy says otherwise. */
const WARM = 2
/** How long a thread may take to leave an order behind, in milliseconds. */
const LEAVE_MS = 1000

export class ThreadPool {
  /** Orders make do with one thread, which rests between its reads (`gentle.ts`). */
  readonly isGentle: boolean
  private readonly start: () => Worker
  private readonly idle = new Set<Worker>()
  /** Threads that leave an order behind. */
  private readonly leaving = new Map<Worker, Promise<void>>()

  constructor(start: () => Worker, isGentle: boolean) {
    this.start = start
    this.isGentle = isGentle
    while (this.idle.size < WARM) this.wait(start())
  }

  /** A thread that does nothing yet. */
  take(): Worker {
    for (const thread of this.idle) {
      this.idle.delete(thread)
      thread.removeAllListeners()
      return thread
    }
    return this.start()
  }

  /** Waits until every thread that was given back waits again, or another in its place: a moment, a second at most. */
  async settled(): Promise<void> {
    await Promise.all(this.leaving.values())
  }

  /** Takes a thread back that has finished its order and was told that it is over. */
  giveBack(thread: Worker): Promise<void> {
    thread.removeAllListeners()
    const left = new Promise<boolean>((resolve) => {
      const late = setTimeout(() => resolve(false), LEAVE_MS)
      thread.on('error', () => resolve(false))
      thread.on('message', ({ kind }: FromOrderThread) => {
        if (kind !== 'idle') return
        clearTimeout(late)
        resolve(true)
      })
    })
    const end = left.then(async (isIdle) => {
      this.leaving.delete(thread)
      thread.removeAllListeners()
      if (!isIdle) await this.replace(thread)
      else if (this.idle.size < WARM) this.wait(thread)
      else void thread.terminate()
    })
    this.leaving.set(thread, end)
    return end
  }

  /** Ends a thread, whatever it is doing, and sees to it that others wait. Resolves when it has ended. */
  async replace(thread: Worker): Promise<void> {
    thread.removeAllListeners().on('error', () => undefined)
    const end = thread.terminate()
    if (this.idle.size < WARM) this.wait(this.start())
    await end
  }

  private wait(thread: Worker): void {
    this.idle.add(thread)
    // One that dies while it waits is not replaced: the next order starts its own, and meets what is wrong.
    thread.on('error', () => this.idle.delete(thread))
    thread.on('exit', () => this.idle.delete(thread))
  }
}
