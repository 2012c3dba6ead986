import { randomInt } from 'node:crypto'
import { rmSync } from 'node:fs'
import { passTime, nextDue } from './life.ts'
import type { Settings } from './options.ts'
import type { State } from './state.ts'
import type { Store } from './store.ts'

const BASE36 = '0123456789abcdefghijklmnopqrstuvwxyz'
/** Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** One account in one region: what every operation works on. */
export class Cloud {
  readonly settings: Settings
  readonly state: State
  readonly #store: Store
  readonly #background = new Set<Promise<void>>()
  #discarded: string[] = []
  #aheadMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor(settings: Settings, state: State, store: Store) {
    this.settings = settings
    this.state = state
    this.#store = store
  }

  now(): number {
    return Date.now() + this.#aheadMs
  }

  /** When something that takes `ms` on an unhurried sandbox is done. */
  after(ms: number): number {
    return this.now() + ms * this.settings.speed
  }

  /** Lets all delays and release times pass sooner. Signatures keep the real time. */
  advance(ms: number): void {
    this.#aheadMs += ms
    this.turn()
  }

  newId(prefix: string): string {
    const digits = Array.from({ length: 18 }, () => BASE36[randomInt(36)])
    return `${prefix}-bp${digits.join('')}`
  }

  /** Removes a file once the state without it is durable: a crash in between must not leave a disk without bytes. */
  discard(path: string): void {
    this.#discarded.push(path)
  }

  /** Resolves when everything done so far would survive the death of this process. */
  async commit(): Promise<void> {
    const discarded = this.#discarded
    this.#discarded = []
    await this.#store.commit()
    for (const path of discarded) rmSync(path, { recursive: true, force: true })
  }

  /** Resolves when what has been read would still be true after the death of this process. */
  settled(): Promise<void> {
    return this.#store.settled()
  }

  /** Moves everything on whose time has come, and says whether anything moved. */
  turn(): boolean {
    const moved = passTime(this)
    clearTimeout(this.#timer)
    const due = nextDue(this.state)
    if (due !== undefined) {
      const ms = Math.min(Math.max(due - this.now(), 0), LONGEST_TIMER_MS)
      this.#timer = setTimeout(() => this.#wake(), ms)
      this.#timer.unref()
    }
    return moved
  }

  /** Starts work that outlasts the call which began it; `stop` waits for it. */
  inBackground(work: () => Promise<void>): void {
    const running = work()
      .then(() => {
        this.turn()
        return this.commit()
      })
      .catch(report)
      .finally(() => this.#background.delete(running))
    this.#background.add(running)
  }

  async stop(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background)
    clearTimeout(this.#timer)
    await this.commit()
  }

  #wake(): void {
    // No call waits for it: what is not written now is written with the next change, or passes again after a restart.
    if (this.turn()) this.commit().catch(report)
  }
}

function report(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}
