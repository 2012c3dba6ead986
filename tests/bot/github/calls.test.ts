import { describe, expect, it } from 'vitest'
import { CALLS, permissions } from '../../../bot/github/calls.ts'
import { BUTTONS } from '../../../bot/github/checks.ts'
import { manifest } from '../../../bot/github/manifest.ts'
import { GitHubTrouble, troubleOf } from '../../../bot/github/trouble.ts'
import { openApi } from '../../support/openapi.ts'
import { importsOf, nodesOf, sourceFiles } from '../../support/source-files.ts'

describe('the calls of GitHub', () => {
  it('are routes that GitHub has', () => {
    const api = openApi()
    const unknown = Object.keys(CALLS).filter((call) => {
      const [method = '', path = ''] = call.split(' ')
      return api.route(method, path.replace(/\{[^}]+\}/g, '1')) !== call
    })

    expect(unknown).toEqual([])
  })

  it('are made in one place: nothing can be called that the list has not', () => {
    const files = sourceFiles('bot').filter(({ path }) => path.startsWith('bot/github/'))
    const probot = files.filter((file) => importsOf(file).some(({ specifier }) => specifier === 'probot'))
    const asking = files.filter((file) =>
      nodesOf(file).some((node) => /^octokit\.(rest|request|graphql)$/.test(node.getText())),
    )

    expect(asking.map(({ path }) => path)).toEqual(['bot/github/client.ts'])
    expect(probot.map(({ path }) => path).sort()).toEqual([
      'bot/github/client.ts',
      'bot/github/events.ts',
      'bot/github/probot-log.ts',
    ])
  })

  it('need these permissions and no others', () => {
    expect(permissions()).toEqual({
      actions: 'read',
      checks: 'write',
      contents: 'read',
      deployments: 'write',
      issues: 'write',
      metadata: 'read',
      pull_requests: 'write',
    })
  })
})

describe('the manifest', () => {
  it('asks for the permissions of the calls and the events of the handlers', () => {
    expect(manifest('https://ferry.test')).toMatchObject({
      public: false,
      hook_attributes: { url: 'https://ferry.test/github/webhooks' },
      default_permissions: permissions(),
      default_events: ['issue_comment', 'check_run', 'deployment_protection_rule', 'deployment_review'],
    })
  })
})

describe('the buttons of checks', () => {
  it('fit into what GitHub takes', () => {
    expect(BUTTONS.length).toBeLessThanOrEqual(3)
    expect(BUTTONS.filter((name) => name.length > 20)).toEqual([])
  })
})

describe('trouble with GitHub', () => {
  const of = (status: number, headers = {}, message = 'no') =>
    troubleOf({ status, message, response: { headers } }, 'GET /x')

  it.each([
    [404, {}, 'gone'],
    [410, {}, 'gone'],
    [422, {}, 'refused'],
    [403, {}, 'refused'],
    [403, { 'retry-after': '3' }, 'later'],
    [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' }, 'later'],
    [429, {}, 'later'],
    [401, {}, 'later'],
    [500, {}, 'later'],
    [502, {}, 'later'],
  ] as const)('of status %i with %j is %s', (status, headers, kind) => {
    expect(of(status, headers).kind).toBe(kind)
  })

  it('says how long GitHub wants to be left alone, and keeps no token', () => {
    const trouble = troubleOf(
      {
        status: 429,
        message: 'slow down',
        response: { headers: { 'retry-after': '7' } },
        request: { headers: { authorization: 'ghs_secret' } },
      },
      'GET /x',
    )

    expect(trouble.waitMs).toBe(7000)
    expect(trouble).toBeInstanceOf(GitHubTrouble)
    expect(JSON.stringify({ ...trouble, message: trouble.message })).not.toContain('ghs_secret')
    expect(troubleOf(new Error('fetch failed'), 'GET /x')).toMatchObject({ kind: 'later', status: 0 })
  })
})
