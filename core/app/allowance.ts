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

/** `perMinute` calls a minute, at most a tenth of them at once; as many as one likes when it is undefined. */
export function createAllowance(clock: Clock, perMinute: number | undefined): Allowance {
  const most = perMinute === undefined ? Infinity : Math.max(1, perMinute / 10)
  let left = most
  let at = clock.now().getTime()
  let pausedUntil = 0
  const refill = (): void => {
    const now = clock.now().getTime()
    if (perMinute !== undefined) left = Math.min(most, left + ((now - at) * perMinute) / 60_000)
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
