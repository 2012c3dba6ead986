import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatWindow, openAt, openings, parseWindow, windowsOf } from '../../../core/domain/window.ts'
import { instantOf, localOf } from '../../../core/domain/zone.ts'
import { BAD_WINDOWS } from '../../bad-input/corpus.ts'

/** Without summer time, with it in both hemispheres, by half an hour, and at midnight. */
const ZONES = ['Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo']
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const FROM_2024 = Date.UTC(2024, 0, 1)

const at = (text: string): Date => new Date(text)
const openingsAfter = (text: string, time: string, count = 1) =>
  openings(windowsOf({ windows: [text] }), at(time), count).map(({ from, to }) => [
    from.toISOString().slice(0, 16),
    to.toISOString().slice(0, 16),
  ])

const zone = fc.constantFrom(...ZONES)
/** Any minute of five years, so that every change of clocks is met. */
const instant = fc.integer({ min: 0, max: 5 * 366 * 24 * 60 }).map((minute) => FROM_2024 + minute * MINUTE)
const days = fc.constantFrom('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')
const clock = fc
  .integer({ min: 0, max: 95 })
  .map(
    (quarter) =>
      `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`,
  )
const text = fc
  .tuple(days, clock, clock, zone)
  .filter(([, from, to]) => from !== to)
  .map(([day, from, to, where]) => `${day} ${from}-${to} ${where}`)
const wall = (name: string, time: number): number => {
  const { year, month, day, minute } = localOf(name, new Date(time))
  return Date.UTC(year, month - 1, day, 0, minute)
}
const local = (ms: number) => {
  const date = new Date(ms)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
  return { year, month, day, minute: date.getUTCHours() * 60 + date.getUTCMinutes() }
}

describe('a local time', () => {
  it('is shown at the instant that it means, or is skipped by a change of clocks at that instant', () => {
    fc.assert(
      fc.property(zone, instant, (name, ms) => {
        const meant = instantOf(name, local(ms)).getTime()
        if (wall(name, meant) === ms) return
        expect(wall(name, meant)).toBeGreaterThan(ms)
        expect(wall(name, meant - MINUTE)).toBeLessThan(ms)
      }),
      { numRuns: 1000 },
    )
  })

  it('that comes twice means its first coming', () => {
    fc.assert(
      fc.property(zone, instant, (name, ms) => {
        const meant = instantOf(name, localOf(name, new Date(ms))).getTime()
        expect(meant).toBeLessThanOrEqual(ms)
        expect(wall(name, meant)).toBe(wall(name, ms))
      }),
      { numRuns: 1000 },
    )
  })

  it('never means an earlier instant than an earlier local time', () => {
    fc.assert(
      fc.property(zone, instant, fc.integer({ min: 1, max: 2000 }), (name, ms, more) => {
        const [first, second] = [local(ms), local(ms + more * MINUTE)].map((time) => instantOf(name, time))
        expect(second?.getTime()).toBeGreaterThanOrEqual(first?.getTime() ?? 0)
      }),
      { numRuns: 1000 },
    )
  })

  it('is found where a whole day was skipped', () => {
    expect(instantOf('Pacific/Apia', { year: 2011, month: 12, day: 30, minute: 720 })).toEqual(
      at('2011-12-30T10:00:00Z'),
    )
  })
})

describe('a window', () => {
  it.each([
    ['Sat 22:00-02:00 Asia/Shanghai', '2026-11-25T00:00Z', '2026-11-28T14:00', '2026-11-28T18:00'],
    ['2026-12-05 22:00-02:00 Europe/Berlin', '2026-11-25T00:00Z', '2026-12-05T21:00', '2026-12-06T01:00'],
    // Open since yesterday.
    ['Sat 22:00-02:00 Asia/Shanghai', '2026-11-28T17:59Z', '2026-11-28T14:00', '2026-11-28T18:00'],
    ['Sat 22:00-02:00 Asia/Shanghai', '2026-11-28T18:00Z', '2026-12-05T14:00', '2026-12-05T18:00'],
    ['2028-02-29 22:00-24:00 UTC', '2027-01-01T00:00Z', '2028-02-29T22:00', '2028-03-01T00:00'],
    ['Wed 00:00-24:00 UTC', '2026-11-25T10:00Z', '2026-11-25T00:00', '2026-11-26T00:00'],
    // The clocks go forward at 02:00: the hour from 02:00 to 03:00 is skipped.
    ['Sun 02:30-03:30 Europe/Berlin', '2026-03-28T00:00Z', '2026-03-29T01:00', '2026-03-29T01:30'],
    ['Sat 22:00-02:30 Europe/Berlin', '2026-03-28T00:00Z', '2026-03-28T21:00', '2026-03-29T01:00'],
    // All of it is skipped, so the next one is a week later.
    ['Sun 02:00-03:00 Europe/Berlin', '2026-03-28T00:00Z', '2026-04-05T00:00', '2026-04-05T01:00'],
    // The clocks go back at 03:00: the hour from 02:00 to 03:00 comes twice.
    ['Sun 02:15-02:45 Europe/Berlin', '2026-10-24T00:00Z', '2026-10-25T00:15', '2026-10-25T00:45'],
    ['Sun 01:30-03:30 Europe/Berlin', '2026-10-24T00:00Z', '2026-10-24T23:30', '2026-10-25T02:30'],
    // In Cairo the clocks go forward at midnight.
    ['Fri 00:00-02:00 Africa/Cairo', '2026-04-23T00:00Z', '2026-04-23T22:00', '2026-04-23T23:00'],
  ])('%s, seen at %s, is open from %s to %s', (window, now, from, to) => {
    expect(openingsAfter(window, now)).toEqual([[from, to]])
  })

  it('that was once opens no more', () => {
    expect(openingsAfter('2026-12-05 22:00-02:00 Europe/Berlin', '2026-12-06T01:00Z')).toEqual([])
  })

  it('opens every week at the same local time, whatever the clocks do', () => {
    expect(openingsAfter('Sun 22:00-23:00 Europe/Berlin', '2026-03-16T00:00Z', 3)).toEqual([
      ['2026-03-22T21:00', '2026-03-22T22:00'],
      ['2026-03-29T20:00', '2026-03-29T21:00'],
      ['2026-04-05T20:00', '2026-04-05T21:00'],
    ])
  })

  it('is open exactly while the clocks of its zone say so, on days without a change of clocks', () => {
    fc.assert(
      fc.property(text, instant, (window, ms) => {
        const [read] = windowsOf({ windows: [window] })
        if (read === undefined || !('weekday' in read.on)) throw new Error(window)
        const steady = wall(read.zone, ms + 1.5 * DAY) - wall(read.zone, ms - 1.5 * DAY) === 3 * DAY
        fc.pre(steady)
        const now = local(wall(read.zone, ms))
        const weekday = new Date(wall(read.zone, ms)).getUTCDay()
        const sinceDay = ((weekday - read.on.weekday + 7) % 7) * 24 * 60 + now.minute
        const isWithin = sinceDay >= read.from && sinceDay < read.to
        expect(openAt([read], new Date(ms)) !== undefined).toBe(isWithin)
      }),
      { numRuns: 600 },
    )
  })

  it('has openings in order, apart from each other, none of them over, each as long as its clocks allow', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), instant, (windows, ms) => {
        const found = openings(windowsOf({ windows }), new Date(ms), 4)
        expect(found).toHaveLength(4)
        let end = ms - 2 * DAY
        for (const { from, to } of found) {
          expect(to.getTime()).toBeGreaterThan(ms)
          expect(from.getTime()).toBeGreaterThan(end)
          expect(to.getTime() - from.getTime()).toBeLessThanOrEqual(3 * DAY + 2 * 60 * MINUTE)
          end = to.getTime()
        }
      }),
      { numRuns: 300 },
    )
  })

  it('is read back as it is written', () => {
    fc.assert(
      fc.property(text, (window) => {
        const [read] = windowsOf({ windows: [window] })
        expect(parseWindow(read === undefined ? '' : formatWindow(read))).toEqual(read)
      }),
    )
  })

  it('touching another one is one opening with it', () => {
    const windows = windowsOf({
      windows: ['Sat 22:00-24:00 UTC', 'Sun 00:00-02:00 UTC', 'Sat 23:00-23:30 UTC'],
    })
    expect(openings(windows, at('2026-11-25T00:00Z'))).toEqual([
      { from: at('2026-11-28T22:00Z'), to: at('2026-11-29T02:00Z') },
    ])
  })

  it('belongs to its start and no more to its end', () => {
    const windows = windowsOf({ windows: ['Sat 22:00-23:00 UTC'] })
    expect(openAt(windows, at('2026-11-28T21:59:59.999Z'))).toBeUndefined()
    expect(openAt(windows, at('2026-11-28T22:00Z'))).toBeDefined()
    expect(openAt(windows, at('2026-11-28T22:59:59.999Z'))).toBeDefined()
    expect(openAt(windows, at('2026-11-28T23:00Z'))).toBeUndefined()
  })

  it.each([
    ['saturday 22:00-02:00 asia/shanghai', 'Sat 22:00-02:00 Asia/Shanghai'],
    ['SUN 00:00-24:00 utc', 'Sun 00:00-24:00 UTC'],
    ['Mon 00:00-06:00 Asia/Kolkata', 'Mon 00:00-06:00 Asia/Kolkata'],
  ])('%s is %s', (typed, window) => {
    const read = parseWindow(typed)
    expect('problem' in read ? read.problem : formatWindow(read)).toBe(window)
  })

  it.each(BAD_WINDOWS)('C7: is refused with a sentence: %j', (typed, problem) => {
    const read = parseWindow(typed)
    expect('problem' in read ? read.problem : 'read').toContain(problem)
  })
})
