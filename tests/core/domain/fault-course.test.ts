import { describe, expect, it } from 'vitest'
import type { Met, Reached } from '../../../core/domain/fault-course.ts'
import {
  countedTries,
  hasMoved,
  isStanding,
  withFailure,
  withRetry,
} from '../../../core/domain/fault-course.ts'
import type { JobFault } from '../../../core/domain/job.ts'
import { aSync } from '../../support/simulated-syncs.ts'

const MIB = 1024 ** 2
const at = (minute: number): Date => new Date(Date.UTC(2026, 10, 24, 14, minute))
const reached: Reached = { sync: 3, phase: 'transferring', appliedBytes: 10 * MIB, imagePercent: 0 }
const met = (more: Partial<Met> = {}): Met => ({
  ...{ code: 'CLOUD_BUSY', detail: 'throttled', at: at(0), step: 'syncing', reached },
  ...more,
})

describe('S20: the course of a fault', () => {
  it('keeps each time that it failed and each retry that a person asked for', () => {
    const first = withFailure(null, met())
    const second = withFailure(withRetry(first, 'olga', at(1)), met({ at: at(2), detail: 'throttled again' }))

    expect(second).toMatchObject({ code: 'CLOUD_BUSY', detail: 'throttled again', at: at(2) })
    expect(second.course.attempts).toEqual([
      { at: at(0), what: 'CLOUD_BUSY: throttled' },
      { at: at(1), what: 'olga asked to retry' },
      { at: at(2), what: 'CLOUD_BUSY: throttled again' },
    ])
    expect(second.course.failures).toBe(2)
  })

  it('begins anew with another step, another sync, and after its end', () => {
    const first = withFailure(null, met())
    const ended: JobFault = { ...first, ended: { at: at(1), state: 'waiting', by: 'ferry' } }

    for (const next of [
      withFailure(first, met({ step: 'completing', reached: null })),
      withFailure(first, met({ reached: { ...reached, sync: 4 } })),
      withFailure(ended, met()),
    ])
      expect(next.course.attempts).toHaveLength(1)
  })

  it('keeps the last twenty tries and counts them all', () => {
    let fault: JobFault & { course: NonNullable<JobFault['course']> } = withFailure(null, met())
    for (let minute = 1; minute < 45; minute++) fault = withFailure(fault, met({ at: at(minute) }))

    expect(fault.course.attempts).toHaveLength(20)
    expect(fault.course.attempts.at(-1)?.at).toEqual(at(44))
    expect(fault.course.failures).toBe(45)
  })
})

describe('a sync that has failed', () => {
  it.each<[string, Partial<Reached>]>([
    ['has applied more', { appliedBytes: 12 * MIB }],
    ['has come to its image', { phase: 'imaging' }],
    ['has got further with its image', { imagePercent: 30 }],
  ])('moves again when it %s', (_words, more) => {
    expect(hasMoved(reached, { ...reached, ...more })).toBe(true)
  })

  it.each<[string, Reached | null]>([
    ['stands where it stood', reached],
    ['has only compared again', { ...reached, phase: 'comparing' }],
    ['has sent what the source wrote meanwhile', { ...reached, appliedBytes: 10 * MIB + 65_536 }],
    ['is another sync', { ...reached, sync: 4, appliedBytes: 90 * MIB }],
    ['is none', null],
  ])('does not when it %s', (_words, now) => {
    expect(hasMoved(reached, now)).toBe(false)
  })

  it('has its tries forgotten once it moves again, so that a day of throttling is no Error', () => {
    let fault: JobFault | null = null
    let tries = 0
    for (let phase = 1; phase <= 12; phase++) {
      const now = met({ reached: { ...reached, appliedBytes: phase * 100 * MIB } })
      tries = countedTries(fault, now, tries) + 1
      fault = withFailure(fault, now)
      expect(tries).toBe(1)
    }
  })

  it('keeps them while it stands still, and when the whole pass was in vain', () => {
    const fault = withFailure(null, met())
    const further = { ...reached, appliedBytes: 90 * MIB }

    expect(countedTries(fault, met(), 3)).toBe(3)
    expect(countedTries(fault, met({ code: 'ROOTS_DIFFER', reached: further }), 3)).toBe(3)
    expect(countedTries(null, met({ reached: further }), 3)).toBe(3)
  })

  it('is not tried for ever, however little it moves each time', () => {
    let fault: JobFault | null = null
    for (let time = 0; time < 50; time++)
      fault = withFailure(fault, met({ reached: { ...reached, appliedBytes: time * 100 * MIB } }))

    expect(countedTries(fault, met({ reached: { ...reached, appliedBytes: 9000 * MIB } }), 5)).toBe(5)
  })

  it('has left its fault behind once it moves', () => {
    const sync = aSync({
      number: 3,
      startedAt: at(0),
      totalBytes: 0,
      changedBytes: 0,
      comparing: 0,
      transferring: 0,
      imaging: 0,
    })
    const running = { ...sync, result: null, phase: 'transferring' as const }
    const fault = withFailure(null, met())
    const moved = { ...running, progress: { ...running.progress, appliedBytes: 50 * MIB } }

    expect(isStanding(fault, { ...running, progress: { ...running.progress, appliedBytes: 10 * MIB } })).toBe(
      true,
    )
    expect(isStanding(fault, moved)).toBe(false)
    expect(isStanding({ ...fault, ended: { at: at(1), state: 'waiting', by: 'ferry' } }, running)).toBe(false)
  })
})
