import { describe, expect, it } from 'vitest'
import { growingChanges } from '../../../core/domain/converging.ts'
import type { Sync } from '../../../core/domain/job.ts'
import { aSync } from '../../support/simulated-syncs.ts'

/** Syncs with these changed bytes, told oldest first as people read them; the store lists the newest first. */
const syncs = (
  changed: readonly number[],
  more: (place: number) => Partial<Sync> = () => ({}),
): readonly Sync[] =>
  changed
    .map((changedBytes, place) => ({
      ...aSync({
        number: place + 2,
        startedAt: new Date(place),
        totalBytes: 100,
        changedBytes,
        comparing: 1,
        transferring: 1,
        imaging: 1,
      }),
      ...more(place),
    }))
    .reverse()

describe('a migration', () => {
  it('does not converge when what has changed grew in three syncs in a row', () => {
    expect(growingChanges(syncs([9, 1, 2, 3, 4]))).toEqual([1, 2, 3, 4])
  })

  it.each([
    ['it grew in two', [5, 1, 2, 3]],
    ['it grew before, and no more', [1, 2, 3, 4, 4]],
    ['there are too few syncs to tell', [1, 2, 3]],
    ['it shrinks', [4, 3, 2, 1]],
  ])('may converge while %s', (_words, changed) => {
    expect(growingChanges(syncs(changed))).toBeUndefined()
  })

  it('is judged by its incremental syncs that have ended well', () => {
    const failed = syncs([1, 2, 100, 3, 4], (place) => (place === 2 ? { result: 'cancelled' } : {}))
    const full = syncs([1, 2, 3, 4], (place) => (place === 0 ? { kind: 'full' } : {}))

    expect(growingChanges(failed)).toEqual([1, 2, 3, 4])
    expect(growingChanges(full)).toBeUndefined()
  })
})
