import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { forecastSync, phaseTimes, scoreOf } from '../../../core/domain/forecast.ts'
import type { ForecastFacts } from '../../../core/domain/forecast.ts'
import { likelyOf } from '../../../core/domain/guess.ts'
import { aServer, aSync, MINUTE, random } from '../../support/simulated-syncs.ts'

const GIB = 1024 ** 3
const NOW = new Date('2026-11-24T14:00:00Z')
const HOUR = 60 * MINUTE

/** An incremental sync that compared for 3.5 min, transferred 1 GiB for a minute, and was imaged for 2 min. */
const ordinary = (number: number, hoursAgo: number) =>
  aSync({
    number,
    startedAt: new Date(NOW.getTime() - hoursAgo * HOUR),
    totalBytes: 100 * GIB,
    changedBytes: GIB,
    comparing: 3.5 * MINUTE,
    transferring: MINUTE,
    imaging: 2 * MINUTE,
  })
const regular = [6, 12, 18, 24].map((hoursAgo, place) => ordinary(5 - place, hoursAgo))
const facts: ForecastFacts = {
  kind: 'final',
  totalBytes: 100 * GIB,
  history: regular,
  bytesPerSecond: null,
  now: NOW,
}

describe('a forecast', () => {
  it('S10: names each phase with an interval around what it took lately, and adds them up', () => {
    const forecast = forecastSync(facts)

    for (const [phase, minutes] of [
      ['comparing', 3.5],
      ['transferring', 1],
      ['imaging', 2],
      ['total', 6.5],
    ] as const) {
      expect(forecast[phase].low, phase).toBeLessThanOrEqual(minutes * MINUTE)
      expect(forecast[phase].high, phase).toBeGreaterThanOrEqual(minutes * MINUTE)
      expect(forecast[phase].high, phase).toBeLessThan(2.5 * minutes * MINUTE)
    }
    expect(forecast).toMatchObject({ limitedBy: 'disk', basis: 4 })
  })

  it('S10: grows with the time since the last sync, though less than in proportion', () => {
    const later = forecastSync({ ...facts, now: new Date(NOW.getTime() + 42 * HOUR) })

    const ratio = likelyOf(later.changedBytes) / likelyOf(forecastSync(facts).changedBytes)
    expect(ratio).toBeGreaterThan(2)
    expect(ratio).toBeLessThan(8)
  })

  it('S10: counts what had changed also of a sync that was paused, whose time tells nothing', () => {
    const [newest, ...older] = regular.map((sync) => ({
      ...sync,
      progress: { ...sync.progress, changedBytes: 0 },
    }))
    if (newest === undefined) throw new Error('no sync')
    const paused = { ...newest, interrupted: true, progress: { ...newest.progress, changedBytes: 8 * GIB } }
    const changed = (history: ForecastFacts['history']): number =>
      forecastSync({ ...facts, history }).changedBytes.high

    expect(changed([paused, ...older.slice(0, 1)])).toBeGreaterThan(8 * GIB)
    expect(changed([newest, ...older]), 'nothing had changed: still not nothing').toBeGreaterThan(1024 ** 2)
  })

  it('never foretells more changed bytes than there are', () => {
    const later = forecastSync({ ...facts, now: new Date(NOW.getTime() + 10_000 * HOUR) })

    expect(later.changedBytes.high).toBeLessThanOrEqual(100 * GIB)
  })

  it('is not moved by one odd sync', () => {
    const odd = aSync({
      ...{ number: 6, startedAt: new Date(NOW.getTime() - HOUR) },
      ...{ totalBytes: 100 * GIB },
      changedBytes: GIB,
      comparing: 60 * MINUTE,
      transferring: MINUTE,
      imaging: 2 * MINUTE,
    })
    const forecast = forecastSync({ ...facts, history: [odd, ...regular] })

    expect(likelyOf(forecast.comparing)).toBeLessThan(5 * MINUTE)
  })

  it('leaves out what was paused or in Error on its way', () => {
    const paused = { ...ordinary(6, 1), interrupted: true }
    const taken = { ...ordinary(6, 1), tries: 2 }

    expect(forecastSync({ ...facts, history: [paused, ...regular] }).basis).toBe(4)
    expect(forecastSync({ ...facts, history: [taken, ...regular] }).basis).toBe(4)
  })

  it('rests on ordinary speeds, and is wide, when nothing is known', () => {
    const first = forecastSync({ ...facts, kind: 'full', history: [] })

    expect(first.basis).toBe(0)
    expect(first.total.high / first.total.low).toBeGreaterThan(3)
  })

  it('is bound by the limit of the job where that is slower than the network', () => {
    const limited = forecastSync({ ...facts, bytesPerSecond: 1_000_000 })

    expect(limited.limitedBy).toBe('limit')
    expect(likelyOf(limited.transferring)).toBeGreaterThan(10 * MINUTE)
  })

  it('is narrower, and other, once an estimate has counted what has changed', () => {
    const measured = { changedBytes: 5 * GIB, comparingMs: 4 * MINUTE }
    const known = forecastSync({ ...facts, measured })

    expect(likelyOf(known.changedBytes) / (5 * GIB)).toBeCloseTo(1, 1)
    expect(known.transferring.low).toBeGreaterThan(forecastSync(facts).transferring.low)
    const width = ({ low, high }: { low: number; high: number }): number => high / low
    expect(width(known.changedBytes)).toBeLessThan(width(forecastSync(facts).changedBytes))
  })

  it('holds for any history: ends in order, phases within the whole', () => {
    const sync = fc
      .record({
        number: fc.integer({ min: 1, max: 50 }),
        startedAt: fc.date({ min: new Date('2026-01-01'), max: NOW, noInvalidDate: true }),
        totalBytes: fc.integer({ min: 0, max: 2 ** 45 }),
        changedBytes: fc.integer({ min: 0, max: 2 ** 45 }),
        comparing: fc.integer({ min: 0, max: 1e9 }),
        transferring: fc.integer({ min: 0, max: 1e9 }),
        imaging: fc.integer({ min: 0, max: 1e9 }),
      })
      .map(aSync)
    fc.assert(
      fc.property(
        fc.array(sync, { maxLength: 12 }),
        fc.integer({ min: 512, max: 2 ** 45 }),
        (history, totalBytes) => {
          const { comparing, transferring, imaging, total, changedBytes } = forecastSync({
            ...facts,
            history,
            totalBytes,
          })
          for (const { low, high } of [comparing, transferring, imaging, total, changedBytes]) {
            expect(Number.isFinite(high)).toBe(true)
            expect(low).toBeGreaterThanOrEqual(0)
            expect(low).toBeLessThanOrEqual(high)
          }
          expect(total.high).toBeGreaterThanOrEqual(comparing.high)
        },
      ),
    )
  })
})

describe('the score of a forecast', () => {
  const forecast = forecastSync(facts)
  const done = { ...ordinary(6, 1), forecast }

  it('S10: says whether the sync took what was foretold', () => {
    const slow = { ...done, endedAt: new Date((done.endedAt ?? NOW).getTime() + HOUR) }
    const quick = { ...done, transferredAt: done.startedAt, endedAt: done.startedAt }

    expect(scoreOf(done)).toEqual({ verdict: 'inside', actualMs: 6.5 * MINUTE })
    expect(scoreOf(slow)?.verdict).toBe('slower')
    expect(scoreOf(quick)?.verdict).toBe('faster')
  })

  it('counts no sync that was interrupted, and none that still runs', () => {
    expect(scoreOf({ ...done, interrupted: true })).toEqual({ verdict: 'interrupted', actualMs: null })
    expect(scoreOf({ ...done, result: null })).toBeUndefined()
  })

  it('counts from the first order: getting the intermediate ready is no part of it', () => {
    const orderedAt = new Date(done.startedAt.getTime() + MINUTE)

    expect(phaseTimes({ ...done, orderedAt })?.total).toBe(5.5 * MINUTE)
  })
})

describe('simulated migrations', () => {
  const seeds = Array.from({ length: 60 }, (_, seed) => seed + 1)

  it.each([
    ['changes that lie together', 'clustered', 30],
    ['changes all over the disk', 'scattered', 30],
    ['a network as fast as the disk', 'clustered', 200],
    ['a slow network', 'clustered', 3],
  ] as const)(
    'S10: with %s, at least 80 %% of the syncs end inside the interval',
    (_words, layout, megabytes) => {
      const outcomes = seeds.flatMap((seed) => aServer(random(seed), layout, megabytes))

      const inside = outcomes.filter(({ verdict }) => verdict === 'inside')
      expect(outcomes.length).toBeGreaterThan(500)
      expect(inside.length / outcomes.length).toBeGreaterThanOrEqual(0.8)
      // An interval from a second to a year would hold everything: it must be worth reading as well.
      const settled = outcomes.filter(({ basis }) => basis >= 5).map(({ width }) => width)
      expect(settled.toSorted((a, b) => a - b)[Math.floor(settled.length / 2)]).toBeLessThan(5)
    },
  )
})
