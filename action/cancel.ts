/**
 * The run's cancellation, as a runner tells it: SIGINT, SIGTERM 7.5 s later, the end 2.5 s after that. At the first
 * one, waiting ends and what was begun is stopped; what cannot be done in time is left to the post step.
 */

export interface Cancellation {
  /** Aborted at the first signal: nothing new is waited for. */
  readonly signal: AbortSignal
  /** Aborted when there is no time left for answers. */
  readonly hurry: AbortSignal
}

/** Enough for an answer under way and for one more, before SIGTERM. */
const GRACE_MS = 5000

export function listenForCancellation(): Cancellation {
  const [cancelled, hurry] = [new AbortController(), new AbortController()]
  const onSignal = (): void => {
    if (cancelled.signal.aborted) return hurry.abort()
    cancelled.abort()
    setTimeout(() => hurry.abort(), GRACE_MS).unref()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return { signal: cancelled.signal, hurry: hurry.signal }
}
