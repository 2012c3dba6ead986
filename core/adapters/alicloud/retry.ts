import { setTimeout as sleep } from 'node:timers/promises'
import { askedToWaitMs, isTransient } from './errors.ts'

/** Time and chance, as parameters: tests pass by without waiting. */
export interface RetrySeams {
  readonly pause: (ms: number) => Promise<unknown>
  /** From 0 up to, not including, 1. */
  readonly random: () => number
}

const TRIES = 5
const FIRST_BOUND_MS = 250
const LONGEST_MS = 8_000
/** A cloud that asks for more than this is answered with a Fault: the engine has its own, longer patience. */
const LONGEST_ASKED_MS = 60_000

const REAL: RetrySeams = { pause: sleep, random: Math.random }

/**
 * Calls until it succeeds, at most 5 times, as long as the trouble is transient; throws the last error. Waits a random
 * time below a bound that doubles, so that callers who failed together do not come back together; never less than the
 * cloud asks for. Only for calls that may be repeated.
 */
export async function retrying<T>(call: () => Promise<T>, { pause, random }: RetrySeams = REAL): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await call()
    } catch (error) {
      const asked = askedToWaitMs(error)
      if (tried === TRIES || !isTransient(error) || asked > LONGEST_ASKED_MS) throw error
      const bound = Math.min(LONGEST_MS, FIRST_BOUND_MS * 2 ** (tried - 1))
      await pause(asked + Math.round(random() * bound))
    }
  }
}
