import { describe, expect, it } from 'vitest'
import { formatBytes, formatRate, wholeGiB } from '../../../core/domain/bytes.ts'
import {
  formatDuration,
  formatSpan,
  formatTime,
  parseDuration,
  roundedOut,
} from '../../../core/domain/duration.ts'
import { FAULTS, Fault, faultDetail, faultEntry } from '../../../core/domain/faults.ts'

describe('a duration', () => {
  it.each([
    ['1h', 3_600_000],
    ['90m', 5_400_000],
    ['7d', 604_800_000],
    ['45s', 45_000],
  ])('reads %s', (text, ms) => expect(parseDuration(text)).toBe(ms))

  it.each([
    '',
    '6',
    'h',
    '-1h',
    '1.5h',
    '1h30',
    '1h30m',
    '1 h',
    'P1D',
    '1e999',
    '１h',
    '٣h',
    '1H',
    ' 1h',
    '1h\n',
    '9999999999h',
  ])('does not guess what %j means', (text) => expect(parseDuration(text)).toBeUndefined())

  it.each([
    [0, '0s'],
    [21_600_000, '6h'],
    [93_600_000, '1d 2h'],
    [245_000, '4m 5s'],
    [604_800_000, '7d'],
    [3_601_000, '1h 1s'],
  ])('says %d ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text))
})

describe('a span of time', () => {
  it.each([
    [40_000, 90_000, '40 to 90 s'],
    [200_000, 235_000, '3 to 4 min'],
    [119_500, 120_000, '119 to 120 s'],
    [90_000, 235_000, '90 s to 4 min'],
    [120_000, 120_000, '120 s'],
    [180_000, 180_000, '3 min'],
    [0, 300, 'up to 1 s'],
    [0, 0, 'up to 1 s'],
    [45 * 60_000, 4.2 * 3_600_000, '45 min to 4.5 h'],
  ])('from %d to %d ms reads as %s', (low, high, words) => {
    expect(formatSpan({ low, high })).toBe(words)
  })

  it('is rounded outwards, once and for all', () => {
    const rounded = roundedOut({ low: 200_400, high: 235_000 })

    expect(rounded).toEqual({ low: 180_000, high: 240_000 })
    expect(roundedOut(rounded)).toEqual(rounded)
  })
})

describe('a time', () => {
  it('always says its zone, and the day when it is not today', () => {
    const now = new Date('2026-11-23T14:00:00Z')
    expect(formatTime(new Date('2026-11-23T22:05:00Z'), now)).toBe('22:05 UTC')
    expect(formatTime(new Date('2026-11-24T01:05:00Z'), now)).toBe('2026-11-24 01:05 UTC')
  })
})

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [65_536, '64 KiB'],
    [12_582_912, '12 MiB'],
    [8_589_934_592, '8 GiB'],
  ])('says %d as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

  it('says a rate per second', () => expect(formatRate(1_048_576)).toBe('1 MiB/s'))

  it('rounds up to whole GiB and never below the least', () => {
    expect(wholeGiB(1)).toBe(1)
    expect(wholeGiB(1, 20)).toBe(20)
    expect(wholeGiB(21 * 1024 ** 3 + 1, 20)).toBe(22)
  })
})

describe('the fault catalogue', () => {
  it.each(Object.entries(FAULTS))('%s says what happened, why and what to do', (_code, entry) => {
    for (const words of [entry.title, entry.cause, entry.remedy]) expect(words.length).toBeGreaterThan(10)
    expect(entry.title.endsWith('.')).toBe(false)
  })

  it('S21: says that a released intermediate cannot be resumed and another job is needed', () => {
    expect(FAULTS.INTERMEDIATE_RELEASED.retryable).toBe(false)
    expect(FAULTS.INTERMEDIATE_RELEASED.title).toBe(
      'The intermediate was released: create another migration job',
    )
    expect(FAULTS.INTERMEDIATE_RELEASED.remedy).toMatch(/`clone .*`clear /)
  })

  it('reads a code that it does not know as INTERNAL', () => {
    expect(faultEntry('S17_X')).toBe(FAULTS.INTERNAL)
  })

  it('puts the cloud’s code and RequestId into the detail', () => {
    const fault = new Fault('NO_STOCK', 'sold out', { code: 'OperationDenied.NoStock', RequestId: 'ABC' })
    expect(faultDetail(fault)).toBe('sold out (code OperationDenied.NoStock, RequestId ABC)')
  })
})
