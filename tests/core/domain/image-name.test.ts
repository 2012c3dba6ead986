import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DEFAULT_IMAGE_NAME,
  imageName,
  imageNameProblem,
  uniqueName,
} from '../../../core/domain/image-name.ts'

const OF = {
  ...{ job: 'web-01', jobId: '1a2b3c4d-0000-4000-8000-000000000000', number: 3 },
  startedAt: new Date('2026-11-24T23:59:59Z'),
}
/** What the cloud takes. */
const RULES = /^(?!https?:\/\/|acs:|aliyun)[A-Za-z][A-Za-z0-9:_.-]{1,127}$/i

describe('the name of an image', () => {
  it.each([
    [DEFAULT_IMAGE_NAME, 'ferry-web-01-3-1a2b3c4d'],
    ['{job}-{number}-{date}', 'web-01-3-20261124'],
    ['prod_{job}.{id}:{number}', 'prod_web-01.1a2b3c4d:3'],
  ])('of the pattern %s is %s', (pattern, name) => {
    expect(imageNameProblem(pattern)).toBeUndefined()
    expect(imageName(pattern, OF)).toBe(name)
  })

  it('has the job’s own id behind it where it is taken, within the length that is allowed', () => {
    expect(uniqueName('web-01-3', OF.jobId)).toBe('web-01-3-1a2b3c4d')
    expect(uniqueName('x'.repeat(128), OF.jobId)).toMatch(/^x{119}-1a2b3c4d$/)
  })

  it('of a pattern that was taken is one that the cloud takes, for every job and sync', () => {
    const part = fc.constantFrom(
      '{job}',
      '{number}',
      '{date}',
      '{id}',
      'a',
      '-',
      '9',
      '.',
      '_',
      'aliyun',
      'acs:',
    )
    const jobs = fc.stringMatching(/^[a-z][a-z0-9-]{1,38}[a-z0-9]$/)
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 8 }),
        jobs,
        fc.integer({ min: 1, max: 999_999 }),
        (parts, job, number) => {
          const pattern = parts.join('')
          fc.pre(imageNameProblem(pattern, job) === undefined)
          expect(imageName(pattern, { ...OF, job, number })).toMatch(RULES)
        },
      ),
      { numRuns: 2000 },
    )
  })
})

describe('C7: a pattern that will not do is refused, since it', () => {
  it.each([
    ['{job}', 'lacks {number}'],
    ['backup-{number}', 'lacks {job} or {id}'],
    ['{job}-{number}-{when}', 'has the place {when}'],
    ['{job}-{number}-{toString}', 'has the place {toString}'],
    ['{number}-{job}', 'does not begin with a letter'],
    ['aliyun-{job}-{number}', 'begins with what the cloud keeps for itself'],
    ['acs:{job}-{number}', 'begins with what the cloud keeps for itself'],
    ['{job} {number}', 'has other characters'],
    ['{job}-{number}-{', 'has other characters'],
    [`{job}-{number}-${'x'.repeat(81)}`, 'can give 129 characters'],
  ])('%s: %s', (pattern, words) => expect(imageNameProblem(pattern)).toContain(words))

  it('begins with a job’s name that the cloud keeps for itself', () => {
    expect(imageNameProblem('{job}-{number}', 'aliyun-01')).toContain('keeps for itself')
    expect(imageNameProblem('{job}-{number}', 'web-01')).toBeUndefined()
  })
})
