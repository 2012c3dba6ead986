import { describe, expect, it } from 'vitest'
import { consistencyWords, holdWords, type Instant } from '../../../core/domain/instant.ts'

const at = '2026-11-25T17:02:03.456Z'
const words = (instant: Instant | null, servicesStopped = false): string =>
  consistencyWords({ instant, servicesStopped })

describe('S9: what an image is a picture of', () => {
  it('is one instant, and for how long writes were held', () => {
    expect(words({ kind: 'consistent', at, heldMs: 120 })).toBe(
      'consistent: one instant, 2026-11-25 17:02:03 UTC, writes held for 120 ms',
    )
    expect(words({ kind: 'consistent', at, heldMs: 0 })).toBe(
      'consistent: one instant, 2026-11-25 17:02:03 UTC, nothing had to be held',
    )
  })

  it('is fuzzy, and why', () => {
    expect(words({ kind: 'fuzzy', because: 'the hook 10-db ended with 1 before the freeze' })).toBe(
      'fuzzy: the hook 10-db ended with 1 before the freeze',
    )
    expect(words(null)).toBe('fuzzy: the source was running')
  })

  it('is what a person has said of the services, and the instant beside it', () => {
    expect(words(null, true)).toBe('exact: services were stopped')
    expect(words({ kind: 'fuzzy', because: 'of a raw file' }, true)).toBe('exact: services were stopped')
    expect(words({ kind: 'consistent', at, heldMs: 0 }, true)).toBe(
      'exact: services were stopped; one instant, 2026-11-25 17:02:03 UTC, nothing had to be held',
    )
  })
})

describe('how long writes may be held', () => {
  it.each([
    [2000, 'writes held for at most 2s'],
    [null, 'writes never held'],
  ])('%s ms is %s', (ms, said) => {
    expect(holdWords(ms)).toBe(said)
  })
})
