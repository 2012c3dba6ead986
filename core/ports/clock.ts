/** Time, as everything but the domain asks for it; tests hand in their own. */
export interface Clock {
  now(): Date
  /** Ends early, without an error, when `signal` is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
