/** The rate limit of an order: one clock in shared memory that all its threads send by. */
import { pause } from '../protocol/bot-client.ts'

/** How much may go out at once after a silence, in milliseconds of the rate. */
const BURST_MS = 250
/** How long a wait goes on after the rate has changed, or the order was stopped, in milliseconds. */
const LOOK_MS = 100

/** When the next byte may go (ms), and how to change that atomically against the other threads. */
export interface SendClock {
  readonly update: (next: (current: number) => number) => number
}

/** What a wait needs to know of its order. */
export interface Throttled {
  readonly sendClock: SendClock
  /** The limit at this moment; null: none. */
  readonly bytesPerSecond: () => number | null
  /** Stopped, or of no more use: nobody waits any longer. */
  readonly isStopped: () => boolean
  /** Counts the time that a wait takes. */
  readonly timed: (waiting: Promise<void>) => Promise<void>
}

/**
 * Books `bytes` at `bytesPerSecond` and returns how many milliseconds to wait before they go. `nowMs`: milliseconds
 * on a clock that all threads share. Not repeatable: each call books anew.
 */
export function bookSending(clock: SendClock, bytes: number, bytesPerSecond: number, nowMs: number): number {
  const costMs = (bytes / bytesPerSecond) * 1000
  const mayGoAt = clock.update((current) => Math.max(current, nowMs - BURST_MS) + costMs) - costMs
  return Math.max(0, mayGoAt - nowMs)
}

/**
 * Waits until `bytes` may go. A limit that is changed meanwhile counts at once: the wait begins anew under the new
 * one, whoever has changed it having set the clock back. Ends early when the order is stopped.
 */
export async function mayGo(order: Throttled, bytes: number): Promise<void> {
  for (;;) {
    const rate = order.bytesPerSecond()
    if (rate === null) return
    const until = Date.now() + bookSending(order.sendClock, bytes, rate, Date.now())
    // Changed between the look and the booking: this was booked at the old rate after the clock was set back.
    if (order.bytesPerSecond() !== rate) order.sendClock.update(() => Date.now())
    while (order.bytesPerSecond() === rate) {
      const left = until - Date.now()
      if (left <= 0 || order.isStopped()) return
      // Counted slice by slice: a wait of minutes shows what bounds the order while it lasts.
      await order.timed(pause(Math.min(left, LOOK_MS)))
    }
  }
}
