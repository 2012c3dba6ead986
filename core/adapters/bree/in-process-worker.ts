import { EventEmitter } from 'node:events'

/**
 * What Bree starts instead of a thread: a function in this process, behind the few methods of `Worker` that Bree uses.
 * A thread costs 8 MB and 40 ms, and another set of connections.
 */
export class InProcessWorker extends EventEmitter {
  readonly #cancel = new AbortController()
  readonly #patienceMs: number
  #hasExited = false

  /** Runs at the next turn, when Bree listens. `patienceMs`: how long it may take to end once it is cancelled. */
  constructor(run: (signal: AbortSignal) => Promise<void>, patienceMs: number) {
    super()
    this.#patienceMs = patienceMs
    queueMicrotask(() => void this.#live(run))
  }

  /** Bree says `cancel` when it stops. A run that does not heed its signal is left to itself after a while: Bree
   *  would wait for it for ever. */
  postMessage(message: unknown): void {
    if (message !== 'cancel') return
    this.#cancel.abort()
    setTimeout(() => this.#exit(), this.#patienceMs).unref()
  }

  terminate(): Promise<number> {
    this.postMessage('cancel')
    return Promise.resolve(0)
  }

  async #live(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.emit('online')
    try {
      await run(this.#cancel.signal)
    } catch (error) {
      if (!this.#cancel.signal.aborted) this.emit('error', error)
    }
    this.#exit()
  }

  /** Always with 0: Bree reports another code as a second error. */
  #exit(): void {
    if (this.#hasExited) return
    this.#hasExited = true
    this.emit('exit', 0)
  }
}
