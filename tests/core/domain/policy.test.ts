import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { namesJob } from '../../../core/domain/job-pattern.ts'
import type { Severity } from '../../../core/domain/notice-routes.ts'
import { approvalPlacesOf, livePlacesOf, routesOf } from '../../../core/domain/notice-routes.ts'
import { approvalRule, Policy, windowNamed } from '../../../core/domain/policy.ts'

const policyWith = (more: object) => Policy.parse({ people: [{ name: 'ada', role: 'admin' }], ...more })

describe('a pattern of jobs', () => {
  it.each([
    ['web-01', 'web-01', true],
    ['web-01', 'web-011', false],
    ['*', 'web-01', true],
    ['web-*', 'web-01', true],
    ['web-*', 'db-web-01', false],
    ['*-01', 'web-01', true],
    ['w*b*1', 'web-01', true],
    ['web*web', 'web', false],
    ['a*a*a', 'aba', false],
    ['w**1', 'web-01', true],
    ['web.01', 'web-01', false],
  ])('%s names %s: %s', (pattern, job, isNamed) => expect(namesJob(pattern, job)).toBe(isNamed))

  it('names what the same expression names, and takes no time for it', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', '-', '*'), { maxLength: 8 }).map((all) => all.join(''))
    const job = fc.array(fc.constantFrom('a', 'b', '-'), { maxLength: 12 }).map((all) => all.join(''))
    fc.assert(
      fc.property(letters, job, (pattern, name) => {
        const expression = new RegExp(`^${pattern.replace(/\*+/g, '.*')}$`)
        expect(namesJob(pattern, name)).toBe(expression.test(name))
      }),
      { numRuns: 5000 },
    )
    expect(namesJob('a*'.repeat(30), 'a'.repeat(40) + 'b')).toBe(true)
    expect(namesJob(`${'a*'.repeat(29)}c`, 'a'.repeat(40))).toBe(false)
  })
})

describe('the rule of approval', () => {
  const policy = policyWith({
    approvals: { clear: 1 },
    overrides: [
      { jobs: 'db-*', approvals: { complete: { needed: 2, by: 'admin' } } },
      { jobs: '*-main', approvals: { complete: 0, cancel: { needed: 1 } } },
    ],
  })

  it.each([
    ['complete', 'web-01', { needed: 1, by: 'approver' }],
    ['clear', 'web-01', { needed: 1, by: 'approver' }],
    ['cancel', 'web-01', { needed: 0, by: 'approver' }],
    ['complete', 'db-main', { needed: 2, by: 'admin' }],
    ['cancel', 'db-main', { needed: 1, by: 'approver' }],
    ['complete', 'web-main', { needed: 0, by: 'approver' }],
    ['clear', 'db-01', { needed: 1, by: 'approver' }],
    ['toString', 'db-01', { needed: 0, by: 'approver' }],
  ])('C3: of %s for %s is the first that names both, else the general one', (command, job, rule) =>
    expect(approvalRule(policy, command, job)).toEqual(rule),
  )
})

describe('the routes of a notice', () => {
  const policy = policyWith({
    notices: [
      { channel: '#all', severity: 'error' },
      { jobs: 'db-*', channel: '#databases', severity: 'info', live: 'on' },
      { jobs: '*', channel: '#all', severity: 'warning', digest: '1h' },
      { jobs: 'db-01', channel: 'C01ABCDEF' },
      {
        jobs: 'api-*',
        issue: 'acme/servers#12',
        severity: 'info',
        digest: '09:00 Asia/Shanghai',
        live: 'on',
      },
    ],
  })
  const placesOf = (job: string | null, severity: Severity) =>
    routesOf(policy, { job, severity }).map(({ place }) => Object.values(place).join('#'))

  it.each([
    ['db-01', 'error', ['#all', '#databases', 'C01ABCDEF']],
    ['db-01', 'info', ['#databases']],
    ['db-02', 'warning', ['#databases', '#all']],
    ['web-01', 'info', []],
    ['web-01', 'warning', ['#all']],
    ['api-01', 'info', ['acme/servers#12']],
    [null, 'error', ['#all']],
    [null, 'info', []],
  ] as const)('of %s that is of severity %s are %j', (job, severity, places) =>
    expect(placesOf(job, severity)).toEqual(places),
  )

  it('name the door and the place, and when notices are told together', () => {
    expect(routesOf(policy, { job: 'api-01', severity: 'info' })).toEqual([
      {
        ...{ door: 'github', place: { repository: 'acme/servers', issue: 12 } },
        digest: { minute: 540, zone: 'Asia/Shanghai' },
      },
    ])
    expect(routesOf(policy, { job: 'web-01', severity: 'warning' })).toMatchObject([
      { digest: { everyMs: 3_600_000 } },
    ])
  })

  it('bring a notice at once where one of several rules wants it at once', () => {
    expect(routesOf(policy, { job: 'web-01', severity: 'error' })).toEqual([
      { door: 'slack', place: { channel: '#all' }, digest: null },
    ])
  })

  it('show syncs live where a rule says so, and requests for approval where warnings go', () => {
    expect(livePlacesOf(policy, 'db-01')).toEqual([{ door: 'slack', place: { channel: '#databases' } }])
    expect(livePlacesOf(policy, 'web-01')).toEqual([])
    expect(approvalPlacesOf(policy, 'web-01')).toEqual([{ door: 'slack', place: { channel: '#all' } }])
  })
})

describe('a named window', () => {
  const policy = policyWith({
    windows: [
      { name: 'night', when: 'Sat 22:00-02:00', zone: 'Asia/Shanghai' },
      { name: 'once', when: '2026-12-05 22:00-02:00 Europe/Berlin' },
    ],
  })

  it('has its zone beside it or in its words, and stands for what a job stores', () => {
    expect(windowNamed(policy, 'night')).toBe('Sat 22:00-02:00 Asia/Shanghai')
    expect(windowNamed(policy, 'once')).toBe('2026-12-05 22:00-02:00 Europe/Berlin')
    expect(windowNamed(policy, 'noon')).toBeUndefined()
  })
})
