/** The rate limit of an order: one clock in shared memory that all its threads send by. */

/** How much may go out at once after a silence, in milliseconds of the rate. */
const BURST_MS = 250

/** When the next byte may go (ms), and how to change that atomically against the other threads. */
export interface SendClock {
  readonly update: (next: (current: number) => number) => number
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
