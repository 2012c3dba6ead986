import { describe, expect, it } from 'vitest'
import { percentDone, timeLeft, wholeTimeLeft } from '../../../core/domain/pace.ts'
import type { Forecast } from '../../../core/domain/forecast.ts'
import { NO_PROGRESS } from '../../../core/domain/job.ts'
import { aSync } from '../../support/simulated-syncs.ts'

const GIB = 1024 ** 3

describe('the time left of a sync', () => {
  it('S10: is bound by comparison while that is slower', () => {
    const progress = { ...NO_PROGRESS, totalBytes: 10 * GIB, comparedBytes: 5 * GIB, compareRate: GIB }
    expect(timeLeft(progress)).toBe(5000)
  })

  it('S10: is bound by transfer while that is slower', () => {
    const progress = {
      ...NO_PROGRESS,
      totalBytes: 10 * GIB,
      comparedBytes: 10 * GIB,
      changedBytes: 2 * GIB,
      appliedBytes: GIB,
      applyRate: GIB / 10,
    }
    expect(timeLeft(progress)).toBe(10_000)
  })

  it('is not told before anything has moved', () => {
    expect(timeLeft({ ...NO_PROGRESS, totalBytes: GIB })).toBeNull()
  })
})

describe('the progress of a sync', () => {
  it('S4: says 100 % only when the image is Available', () => {
    const all = {
      ...NO_PROGRESS,
      totalBytes: GIB,
      comparedBytes: GIB,
      changedBytes: GIB,
      appliedBytes: GIB,
      imagePercent: 100,
    }
    expect(percentDone('transferring', null, all)).toBe(90)
    expect(percentDone('imaging', null, all)).toBe(99)
    expect(percentDone('imaging', 'ok', all)).toBe(100)
  })

  it('counts an unchanged disk as done when it is compared', () => {
    expect(percentDone('comparing', null, { ...NO_PROGRESS, totalBytes: GIB, comparedBytes: GIB / 2 })).toBe(
      45,
    )
  })
})

describe('the time left of a whole sync', () => {
  const start = new Date('2026-11-24T14:00:00Z')
  const at = (seconds: number): Date => new Date(start.getTime() + seconds * 1000)
  const span = (seconds: number) => ({ low: seconds * 1000, high: seconds * 1000 })
  const forecast: Forecast = {
    ...{ comparing: span(200), transferring: span(50), imaging: span(120), total: span(370) },
    ...{ changedBytes: { low: GIB, high: GIB }, limitedBy: 'disk', basis: 3 },
  }
  const figures = { number: 2, startedAt: start, totalBytes: 10 * GIB, changedBytes: 0 }
  const ended = aSync({ ...figures, comparing: 0, transferring: 0, imaging: 0, forecast })
  const running = { ...ended, result: null, transferredAt: null, endedAt: null, phase: 'comparing' as const }

  it('C8: holds the image that is still to come', () => {
    const progress = { ...NO_PROGRESS, totalBytes: 10 * GIB, comparedBytes: 5 * GIB, compareRate: GIB / 20 }

    expect(wholeTimeLeft({ ...running, progress }, at(100))).toBe(220_000)
  })

  it('C8: is that of the forecast until something has moved', () => {
    expect(wholeTimeLeft({ ...running, progress: NO_PROGRESS }, at(10))).toBe(360_000)
    expect(wholeTimeLeft({ ...running, forecast: null, progress: NO_PROGRESS }, at(10))).toBeNull()
  })

  it('C8: is told in imaging from the forecast, then from how far the image is', () => {
    const imaging = { ...running, phase: 'imaging' as const, transferredAt: at(250) }

    expect(wholeTimeLeft({ ...imaging, progress: NO_PROGRESS }, at(270))).toBe(100_000)
    expect(wholeTimeLeft({ ...imaging, progress: { ...NO_PROGRESS, imagePercent: 50 } }, at(290))).toBe(
      40_000,
    )
  })
})
