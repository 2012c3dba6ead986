import { describe, expect, it } from 'vitest'
import { percentDone, timeLeft } from '../../../core/domain/pace.ts'
import { NO_PROGRESS } from '../../../core/domain/job.ts'

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
