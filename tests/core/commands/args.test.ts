import { describe, expect, it } from 'vitest'
import { choice, cloudId, count, duration, flag, imageNamePattern } from '../../../core/commands/args.ts'
import { name, rate, text } from '../../../core/commands/args.ts'
import { Refusal } from '../../../core/commands/reply.ts'
import { BAD_IDS, BAD_IMAGE_COUNTS, BAD_IMAGE_NAMES } from '../../bad-input/corpus.ts'
import { BAD_INTERVALS, BAD_RATES } from '../../bad-input/corpus.ts'

const refusal = (parse: () => unknown): string => {
  try {
    parse()
  } catch (error) {
    if (error instanceof Refusal) return error.message
  }
  return 'not refused'
}

describe('C7: a bad value gets a sentence with an example', () => {
  it.each(BAD_INTERVALS)('interval %j', (value) => {
    expect(refusal(() => duration('interval').parse(value))).toMatch(/such as|outside 1h to 7d/)
  })

  it.each(BAD_IMAGE_COUNTS)('images %j', (value) => {
    expect(refusal(() => count('images', 1, 10).parse(value))).toContain('such as 3')
  })

  it.each(BAD_RATES)('bandwidth %j', (value) => {
    expect(refusal(() => rate('limit').parse(value))).toContain('such as 200mbit')
  })

  it.each(BAD_IMAGE_NAMES)('image name %j', (value) => {
    const sentence = refusal(() => imageNamePattern('names').parse(value))
    expect(sentence).toContain('An example: ferry-{job}-{number}-{id}.')
    expect(sentence).not.toContain(String.fromCharCode(0))
  })

  it.each(BAD_IDS)('job name %j', (value) => {
    const sentence = refusal(() => name('job').parse(value))
    expect(sentence).toContain('such as web-01')
    expect(sentence.length).toBeLessThan(250)
    expect(sentence).not.toContain(String.fromCharCode(0))
  })

  it.each(BAD_IDS)('cloud id %j', (value) => {
    expect(refusal(() => cloudId('id').parse(value))).toContain('such as i-bp1')
  })

  it('choice, flag and text', () => {
    expect(refusal(() => choice('mode', ['on', 'off']).parse('maybe'))).toContain('on, off')
    expect(refusal(() => flag('flag').parse('perhaps'))).toContain('neither')
    expect(refusal(() => text('reason').parse('a\nb'))).toContain('one line')
    for (const turning of ['\u202e', '\u2066', '\u2028', '\u0085'])
      expect(refusal(() => text('reason').parse(`not${turning}now`))).toContain('one line')
    expect(text('reason').parse('می\u200cخواهم 👩\u200d💻')).toBe('می\u200cخواهم 👩\u200d💻')
    expect(refusal(() => text('reason', 5).parse('123456'))).toContain('5 are allowed')
  })
})

describe('a good value', () => {
  it.each([
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['60m', 3_600_000],
  ])('S2: the interval %s is taken', (value, ms) => expect(duration('interval').parse(value)).toBe(ms))

  it.each([
    ['1', 1],
    ['10', 10],
  ])('S3: %s images are taken', (value, number) => expect(count('images', 1, 10).parse(value)).toBe(number))

  it.each(['web-01', 'a1b', 'db-main-2'])('the job name %s is taken', (value) =>
    expect(name('job').parse(value)).toBe(value),
  )
})
