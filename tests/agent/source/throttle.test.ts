import { describe, expect, it } from 'vitest'
import { Progress } from '../../../agent/source/progress.ts'
import { bookSending, mayGo } from '../../../agent/source/throttle.ts'

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

describe('a limit that is changed while a thread waits', () => {
  /** Two threads at one byte a second, the second of which would wait for a day and more. */
  function waiting(): { progress: Progress; gone: Promise<void> } {
    const progress = Progress.forDisks(1)
    progress.setSending({ bytesPerSecond: 1, compression: 'auto' }, Date.now())
    bookSending(progress.sendClock, 100_000, 1, Date.now())
    const thread = new Progress(progress.memory)
    const order = {
      sendClock: thread.sendClock,
      bytesPerSecond: () => thread.sending().bytesPerSecond,
      isStopped: () => thread.isStopped(),
      timed: (slice: Promise<void>) => thread.timed('limitUs', slice),
    }
    return { progress, gone: mayGo(order, 100_000) }
  }

  it.each([[null], [50_000_000]])(
    'to %s lets it go at once, whatever was booked before',
    async (bytesPerSecond) => {
      const { progress, gone } = waiting()
      const start = Date.now()

      progress.setSending({ bytesPerSecond, compression: 'on' }, Date.now())
      await gone

      expect(Date.now() - start).toBeLessThan(1000)
      expect(progress.get('limitUs')).toBeGreaterThan(0)
      expect(progress.sending()).toEqual({ bytesPerSecond, compression: 'on' })
    },
  )

  it('and an order that is stopped keep nobody', async () => {
    const { progress, gone } = waiting()

    progress.stop()

    await expect(gone).resolves.toBeUndefined()
  })

  it('to the same does not forget what was booked', () => {
    const progress = Progress.forDisks(1)
    const now = Date.now()
    progress.setSending({ bytesPerSecond: 1000, compression: 'auto' }, now)
    bookSending(progress.sendClock, 10_000, 1000, now)

    progress.setSending({ bytesPerSecond: 1000, compression: 'off' }, now)

    expect(bookSending(progress.sendClock, 1, 1000, now)).toBeGreaterThan(9000)
  })
})
