import { describe, expect, it } from 'vitest'
import { Progress } from '../../../agent/source/progress.ts'
import { bookSending } from '../../../agent/source/throttle.ts'

describe('the rate limit', () => {
  it('keeps the rate over time, whichever thread sends', () => {
    const progress = Progress.forDisks(1)
    const threads = [new Progress(progress.memory), new Progress(progress.memory)]
    let now = 1_000_000

    for (let i = 0; i < 100; i++)
      now += bookSending((threads[i % 2] ?? progress).sendClock, 1000, 100_000, now)

    expect(now - 1_000_000).toBeGreaterThanOrEqual(1000 - 250 - 10)
    expect(now - 1_000_000).toBeLessThanOrEqual(1000)
  })

  it('lets a burst go after a silence, and no more', () => {
    const { sendClock } = Progress.forDisks(1)

    expect(bookSending(sendClock, 25_000, 100_000, 5_000_000)).toBe(0)
    expect(bookSending(sendClock, 1, 100_000, 5_000_000)).toBeLessThanOrEqual(1)
    expect(bookSending(sendClock, 50_000, 100_000, 5_000_000)).toBeCloseTo(0, 0)
    expect(bookSending(sendClock, 1, 100_000, 5_000_000)).toBeCloseTo(500, 0)
  })
})
