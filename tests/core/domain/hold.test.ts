import { describe, expect, it } from 'vitest'
import { freezeOf, lockAgainst, standingLock } from '../../../core/domain/hold.ts'
import { mayCrashConsistently, Policy } from '../../../core/domain/policy.ts'

const now = new Date('2026-11-25T12:00:00Z')
const lock = { by: 'olga', at: now, reason: 'cutover', until: new Date('2026-11-25T13:00:00Z') }
const freeze = { by: 'ada', at: now, reason: 'stop' }

describe('a lock', () => {
  it('is against everybody but its owner, until its end and no longer', () => {
    expect(lockAgainst({ lock }, 'pete', now)).toEqual(lock)
    expect(lockAgainst({ lock }, 'olga', now)).toBeUndefined()
    expect(lockAgainst({ lock }, 'pete', new Date(lock.until.getTime() - 1))).toEqual(lock)
    expect(lockAgainst({ lock }, 'pete', lock.until)).toBeUndefined()
    expect(standingLock({ lock }, lock.until)).toBeUndefined()
    expect(lockAgainst({ lock: null }, 'pete', now)).toBeUndefined()
  })
})

describe('a freeze', () => {
  it('is the job’s own before that of all', () => {
    expect(freezeOf({ frozen: freeze, state: 'waiting' }, { ...freeze, by: 'bo' })?.by).toBe('ada')
    expect(freezeOf({ frozen: null, state: 'waiting' }, freeze)).toEqual(freeze)
    expect(freezeOf({ frozen: null, state: 'waiting' }, undefined)).toBeUndefined()
  })

  it('holds no job that has ended', () => {
    expect(freezeOf({ frozen: freeze, state: 'completed' }, freeze)).toBeUndefined()
  })
})

describe('the policy of crash-consistent cutovers', () => {
  const policy = (patterns: string[]) => ({ crash_consistent: patterns })

  it('names jobs as they are or with *', () => {
    expect(mayCrashConsistently(policy(['cache-*', 'db-01']), 'cache-7')).toBe(true)
    expect(mayCrashConsistently(policy(['cache-*', 'db-01']), 'db-01')).toBe(true)
    expect(mayCrashConsistently(policy(['cache-*', 'db-01']), 'db-011')).toBe(false)
    expect(mayCrashConsistently(policy(['cache-*']), 'my-cache-1')).toBe(false)
    expect(mayCrashConsistently(policy([]), 'db-01')).toBe(false)
  })

  it('is empty unless it is written, and no regular expression', () => {
    const people = [{ name: 'ada', role: 'admin' }]
    expect(Policy.parse({ people }).crash_consistent).toEqual([])
    expect(Policy.safeParse({ people, crash_consistent: ['web.+'] }).success).toBe(false)
  })
})
