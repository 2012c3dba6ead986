import type { Clock } from '../ports/clock.ts'

/** How much a door takes at this moment. Of this process alone: what a service counts over all, it says by `DoorBusy`. */
export interface Allowance {
  /** How many calls may be made now. */
  left(): number
  take(): void
  /** One that was taken was not made after all. */
  giveBack(): void
  /** None for so long. */
  pause(ms: number): void
}

/** Of what a door takes in a minute, how much at once: a cutover's step shows at several places. */
const AT_ONCE = 1 / 4

/**
 * `perMinute` calls in any minute, at most a quarter of them at once; as many as one likes when it is undefined. What
 * was taken at once comes back over the minute with the rest.
 */
export function createAllowance(clock: Clock, perMinute: number | undefined): Allowance {
  const most = perMinute === undefined ? Infinity : Math.max(1, perMinute * AT_ONCE)
  const perMs = perMinute === undefined ? 0 : (perMinute * (1 - AT_ONCE)) / 60_000
  let left = most
  let at = clock.now().getTime()
  let pausedUntil = 0
  const refill = (): void => {
    const now = clock.now().getTime()
    if (perMinute !== undefined) left = Math.min(most, left + (now - at) * perMs)
    at = now
  }
  return {
    left: () => {
      refill()
      return clock.now().getTime() < pausedUntil ? 0 : Math.floor(left)
    },
    take: () => {
      left -= 1
    },
    giveBack: () => {
      left += 1
    },
    pause: (ms) => {
      pausedUntil = Math.max(pausedUntil, clock.now().getTime() + ms)
    },
  }
}
