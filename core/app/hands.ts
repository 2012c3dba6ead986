/** Several hands that take one thing after the other, as long as a door takes more. */
import type { Allowance } from './allowance.ts'

/** Things of one door that are in hand at the same time. */
const SIDE_BY_SIDE = 4

/**
 * Each hand takes one thing at a time, so that one that hangs holds a single hand up and nothing else. Returns when
 * nothing more can be taken, the door takes no more, or the bot stops.
 */
export async function byHands<T>(
  allowance: Allowance,
  stopping: AbortSignal,
  take: () => Promise<T | undefined>,
  work: (taken: T) => Promise<void>,
): Promise<void> {
  const hand = async (): Promise<void> => {
    while (!stopping.aborted && allowance.left() >= 1) {
      const taken = await take()
      if (taken === undefined) return
      await work(taken)
    }
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, hand))
}
