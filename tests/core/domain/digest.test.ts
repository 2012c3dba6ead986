import { describe, expect, it } from 'vitest'
import { digestWords, nextDigest, nextMessage, parseDigest } from '../../../core/domain/digest.ts'

describe('the time of a digest', () => {
  it.each([
    ['5m', { everyMs: 300_000 }],
    ['1d', { everyMs: 86_400_000 }],
    ['09:00 Asia/Shanghai', { minute: 540, zone: 'Asia/Shanghai' }],
    ['00:00 utc', { minute: 0, zone: 'UTC' }],
  ])('reads %s', (text, digest) => expect(parseDigest(text)).toEqual(digest))

  it.each(['', 'off', '4m', '25h', '9:00 UTC', '24:00 UTC', '09:60 UTC', '09:00', '09:00 Mars/Phobos'])(
    'does not guess what %j means',
    (text) => expect(parseDigest(text)).toBeUndefined(),
  )

  it.each([
    ['1h', '2026-11-28T14:20:00Z', '2026-11-28T15:00:00Z'],
    ['1h', '2026-11-28T15:00:00Z', '2026-11-28T16:00:00Z'],
    ['09:00 Asia/Shanghai', '2026-11-28T00:59:00Z', '2026-11-28T01:00:00Z'],
    ['09:00 Asia/Shanghai', '2026-11-28T01:00:00Z', '2026-11-29T01:00:00Z'],
    ['23:30 Europe/Berlin', '2026-11-30T23:00:00Z', '2026-12-01T22:30:00Z'],
    // Skipped when the clocks are put forward: told at the change.
    ['02:30 Europe/Berlin', '2026-03-29T00:00:00Z', '2026-03-29T01:00:00Z'],
  ])('%s after %s is %s', (text, now, next) => {
    const digest = parseDigest(text)
    expect(digest && nextDigest(digest, new Date(now))).toEqual(new Date(next))
  })

  it('is told in words', () => {
    expect(digestWords({ everyMs: 3_600_000 })).toBe('every 1h')
    expect(digestWords({ minute: 545, zone: 'UTC' })).toBe('daily at 09:05 UTC')
  })
})

describe('the next message at a place', () => {
  const now = new Date('2026-11-28T14:00:00Z')
  const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000)
  const next = (count: number, toldLately = 0, age = 1, isDigest = false) =>
    nextMessage({ count, since: ago(age), toldLately, isDigest }, now)

  it('is one notice while there are few', () => {
    expect(next(1)).toEqual({ size: 1, againInMs: 0 })
    expect(next(3, 4)).toEqual({ size: 1, againInMs: 0 })
  })

  it('is all of them when many wait at the same time', () => {
    expect(next(4)).toEqual({ size: 4, againInMs: 0 })
    expect(next(500)).toEqual({ size: 50, againInMs: 0 })
  })

  it('waits for more in a flood, but not for long', () => {
    expect(next(1, 5, 10)).toEqual({ size: 0, againInMs: 20_000 })
    expect(next(2, 9, 30)).toEqual({ size: 2, againInMs: 0 })
  })

  it('is all that was gathered when the time of a digest has come', () => {
    expect(next(1, 0, 1, true)).toEqual({ size: 1, againInMs: 0 })
    expect(next(20, 9, 1, true)).toEqual({ size: 20, againInMs: 0 })
  })

  it('is none when none waits', () => expect(next(0)).toEqual({ size: 0, againInMs: 0 }))
})
