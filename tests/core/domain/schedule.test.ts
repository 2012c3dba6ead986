import { describe, expect, it } from 'vitest'
import { afterSync, missedRuns, spreadMs } from '../../../core/domain/schedule.ts'

const HOUR = 3_600_000
const end = new Date('2026-11-23T02:00:00Z')

describe('the schedule', () => {
  it('S2: the next sync starts one interval after the current one completes', () => {
    expect(afterSync({ auto: true, intervalMs: 6 * HOUR, pendingIntervalMs: null }, end).nextSyncAt).toEqual(
      new Date('2026-11-23T08:00:00Z'),
    )
  })

  it('S6: a changed interval comes into force when the sync ends, and counts from there', () => {
    expect(afterSync({ auto: true, intervalMs: 6 * HOUR, pendingIntervalMs: HOUR }, end)).toEqual({
      intervalMs: HOUR,
      pendingIntervalMs: null,
      nextSyncAt: new Date('2026-11-23T03:00:00Z'),
    })
  })

  it('S1: with automatic sync off no next sync is due', () => {
    expect(afterSync({ auto: false, intervalMs: HOUR, pendingIntervalMs: null }, end).nextSyncAt).toBeNull()
  })

  it.each([
    [0, 0],
    [HOUR - 1, 0],
    [HOUR, 1],
    [72 * HOUR, 72],
    [10 * 365 * 24 * HOUR, 1000],
    [-HOUR, 0],
  ])('counts what was missed when a run is %d ms late with an interval of 1h: %d', (late, missed) => {
    expect(missedRuns(late, HOUR)).toBe(missed)
  })

  it.each([
    [1, 0],
    [20, 0],
    [21, 5 * 60_000],
    [6000, 5 * 60_000],
    [10_000, 500_000],
  ])('S2: catches %d late jobs up within %d ms: a few at once, many spread', (jobs, ms) => {
    expect(spreadMs(jobs)).toBe(ms)
  })
})
