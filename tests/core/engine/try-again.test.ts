import { describe, expect, it } from 'vitest'
import { Fault } from '../../../core/domain/faults.ts'
import { MOST_TRIES } from '../../../core/domain/fault-course.ts'
import { nextTry } from '../../../core/engine/try-again.ts'

const chance = { random: () => 0.5 }
const scheduled = { trigger: 'schedule' as const }
const manual = { trigger: 'manual' as const }

describe('S20: a fault of a step', () => {
  it('is tried again with back-off when it is transient, whoever waits', () => {
    const waits = [0, 1, 2].map(
      (tries) => nextTry(chance, new Fault('CLOUD_BUSY', 'throttled'), manual, tries)?.againInMs,
    )

    expect(waits).toEqual([750, 1500, 3000])
  })

  it('is shown once it was tried five times', () => {
    expect(nextTry(chance, new Fault('CLOUD_BUSY', 'throttled'), scheduled, MOST_TRIES)).toBeUndefined()
  })

  it('is shown at once when a person waits for the sync and can mend it', () => {
    expect(nextTry(chance, new Fault('RECEIVER_UNREACHABLE', 'refused'), manual, 0)).toBeUndefined()
  })

  it('is tried again for minutes when nobody waits for the sync', () => {
    const waits = [0, 1, 2, 3, 4].map(
      (tries) => nextTry(chance, new Fault('AGENT_OFFLINE', 'silent'), scheduled, tries)?.againInMs ?? 0,
    )

    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(180_000)
  })

  it('is shown at once when trying again cannot help', () => {
    expect(nextTry(chance, new Fault('INTERMEDIATE_RELEASED', 'gone'), scheduled, 0)).toBeUndefined()
  })

  it('comes back at different times for different jobs', () => {
    const wait = (random: number) =>
      nextTry({ random: () => random }, new Fault('CLOUD_BUSY', ''), manual, 3)?.againInMs

    expect([wait(0), wait(0.999)]).toEqual([4000, 7996])
  })
})
