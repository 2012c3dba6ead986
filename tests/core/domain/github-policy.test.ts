import { describe, expect, it } from 'vitest'
import {
  gateLine,
  GitHubPolicy,
  isGuarded,
  isListenedTo,
  reportPlacesOf,
} from '../../../core/domain/github-policy.ts'
import { readPolicy } from '../../../core/config/policy-file.ts'

const POLICY = GitHubPolicy.parse({
  reports: [
    { jobs: 'web-*', repository: 'acme/web', ref: 'main', environment_url: 'https://shop.test' },
    { repository: 'acme/operations' },
  ],
  gates: [
    { repository: 'acme/web', environment: 'cutover-{job}' },
    { repository: 'acme/web', environment: 'Production', job: 'db-01', command: 'cancel {job}' },
    { repository: 'acme/web', environment: 'staging', run_name: 'Cut over {job} now' },
  ],
})

const ask = (environment: string, runName = '', repository = 'acme/web') =>
  gateLine(POLICY, { repository, environment, runName })

describe('a gate of the policy', () => {
  it.each([
    [ask('cutover-web-01'), 'complete web-01 --last-sync --services-stopped'],
    [ask('CUTOVER-web-01', '', 'ACME/Web'), 'complete web-01 --last-sync --services-stopped'],
    [ask('production'), 'cancel db-01'],
    [ask('staging', 'Cut over web-07 now'), 'complete web-07 --last-sync --services-stopped'],
  ])('tells the job by environment, name of the run or itself', (found, line) => {
    expect(found).toMatchObject({ line })
  })

  it.each([
    [ask('staging', 'Cut over; rm -rf / now'), 'The name of the run does not say'],
    [ask('staging', 'something else'), 'The name of the run does not say'],
    [ask('cutover-'), 'ferry.yaml does not say which job'],
    [ask('cutover-web-01 --override-window'), 'ferry.yaml does not say which job'],
    [ask('production', '', 'acme/other'), 'ferry.yaml does not say which job'],
  ])('says so where it cannot', (found, problem) => {
    expect(found).toMatchObject({ problem: expect.stringContaining(problem) as string })
  })

  it('guards its environment and no other', () => {
    expect(isGuarded(POLICY, 'acme/web', 'PRODUCTION')).toBe(true)
    expect(isGuarded(POLICY, 'acme/web', 'test')).toBe(false)
  })

  it.each([
    [{ environment: 'production' }, 'say in one way which job it is'],
    [{ environment: 'cutover-{job}', job: 'web-01' }, 'say in one way which job it is'],
    [{ environment: '{job}-{job}' }, 'environment names {job} once at most'],
    [{ environment: 'x-{job}', command: 'sync {job}' }, 'sync is none of'],
    [{ environment: 'x-{job}', command: 'complete web-01' }, 'it does not name {job}'],
  ])('%j is refused', (gate, problem) => {
    const text = JSON.stringify({
      people: [{ name: 'ada', role: 'admin' }],
      approvals: { complete: 0 },
      github: { gates: [{ repository: 'acme/web', ...gate }] },
    })

    const read = readPolicy(text, 'ferry.yaml')
    expect('problems' in read ? read.problems.join('\n') : '').toContain(problem)
  })
})

describe('a report of the policy', () => {
  it('is the first that matches the job: a check, and for the last sync a deployment', () => {
    const web = { repository: 'acme/web', ref: 'main' }
    const place = { ...web, environment: 'ferry/web-01', url: 'https://shop.test' }

    expect(reportPlacesOf(POLICY, 'web-01', 'incremental')).toEqual([
      { door: 'github', kind: 'check', place: web },
    ])
    expect(reportPlacesOf(POLICY, 'web-01', 'final')[1]).toEqual({
      door: 'github',
      kind: 'deployment',
      place,
    })
    expect(reportPlacesOf(POLICY, 'db-01', 'full')).toMatchObject([
      { place: { repository: 'acme/operations', ref: 'HEAD' } },
    ])
    expect(reportPlacesOf({ reports: [] }, 'db-01', 'final')).toEqual([])
  })
})

describe('comments', () => {
  it('are obeyed in repositories that are not public, or in those that are named', () => {
    expect(isListenedTo({ repositories: [] }, 'acme/web', false)).toBe(true)
    expect(isListenedTo({ repositories: [] }, 'acme/web', true)).toBe(false)
    expect(isListenedTo({ repositories: ['Acme/Web'] }, 'acme/web', true)).toBe(true)
    expect(isListenedTo({ repositories: ['acme/other'] }, 'acme/web', false)).toBe(false)
  })
})
