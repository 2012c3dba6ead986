import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deferralOf } from '../../../core/domain/deferral.ts'
import { openings, windowsOf } from '../../../core/domain/window.ts'

const SATURDAY = windowsOf({ windows: ['Sat 22:00-02:00 UTC'] })
const HOUR = 3_600_000
const at = (text: string): Date => new Date(`2026-11-${text}Z`)
const until = (now: string, hours: number, windows = SATURDAY): string | undefined =>
  deferralOf(windows, at(now), hours * HOUR)
    ?.until.toISOString()
    .slice(8, 16)

describe('a scheduled sync', () => {
  it.each([
    ['would still run when the window opens', '28T21:30', 1, '29T02:00'],
    ['ends as the window opens', '28T21:00', 1, undefined],
    ['fits into the open window', '28T22:30', 1, undefined],
    ['ends as the window closes', '29T01:00', 1, undefined],
    ['would still run when the window closes', '29T01:30', 1, '29T02:00'],
    ['comes as the window closes', '29T02:00', 1, undefined],
    ['is far from it', '25T12:00', 1, undefined],
    ['is longer than the window and would run all through it', '28T21:00', 6, '29T02:00'],
  ])('that %s: %s for %d h waits until %s', (_what, now, hours, expected) => {
    expect(until(now, hours)).toBe(expected)
  })

  it('is not deferred for ever where it fits nowhere between the windows', () => {
    const daily = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].map((day) => `${day} 22:00-02:00 UTC`)
    expect(until('28T21:30', 21, windowsOf({ windows: daily }))).toBeUndefined()
    expect(until('28T21:30', 19, windowsOf({ windows: daily }))).toBe('29T02:00')
  })

  it('is not deferred without a window, or by one that is over', () => {
    expect(until('28T21:30', 1, [])).toBeUndefined()
    expect(until('28T21:30', 1, windowsOf({ windows: ['2026-11-01 22:00-02:00 UTC'] }))).toBeUndefined()
  })

  it('says why', () => {
    expect(deferralOf(SATURDAY, at('28T21:30'), HOUR)?.reason).toBe(
      'due 21:30 UTC, it would take up to 1h and still run when the window opens 22:00 UTC; it waits until the window has closed, so that no cutover waits for it',
    )
  })

  it('that is deferred begins once the window has closed, and is then not deferred again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 7 * 24 * 60 }),
        fc.integer({ min: 1, max: 48 * 60 }),
        (start, takes) => {
          const now = new Date(at('23T00:00').getTime() + start * 60_000)
          const deferral = deferralOf(SATURDAY, now, takes * 60_000)
          if (deferral === undefined) return
          const [next] = openings(SATURDAY, now)
          expect(deferral.until).toEqual(next?.to)
          expect(deferralOf(SATURDAY, deferral.until, takes * 60_000)).toBeUndefined()
        },
      ),
    )
  })
})
