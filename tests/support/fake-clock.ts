import type { Clock } from '../../core/ports/clock.ts'

/** A clock that stands still until it is moved; who sleeps on it moves it. */
export function fakeClock(start = Date.parse('2026-11-24T14:00:00Z')): Clock & { advance(ms: number): void } {
  let now = start
  return {
    now: () => new Date(now),
    advance: (ms) => {
      now += ms
    },
    sleep: async (ms) => {
      now += ms
    },
  }
}
