import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Environment } from '../../core/config/variables.ts'
import { VARIABLES } from '../../core/config/variables.ts'
import { ConfigProblems, readConfig } from '../../core/config.ts'

function policyFile(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'ferry-policy-')), 'ferry.yaml')
  writeFileSync(path, text)
  return path
}

const GOOD: Environment = {
  DATABASE_URL: 'postgres://ferry:hunter2hunter2@db/ferry',
  ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tExampleExample',
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'a-secret-of-the-cloud',
  FERRY_POLICY: policyFile('people: [{ name: ada, role: admin }]'),
}

function problemsOf(env: Environment): readonly string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigProblems) return error.problems
    throw error
  }
}

describe('the configuration', () => {
  it('is read with the defaults of the table', () => {
    expect(readConfig(GOOD)).toMatchObject({
      host: VARIABLES.FERRY_HOST.default,
      port: 8080,
      leaseMs: 30_000,
      slack: undefined,
      transfer: { connections: 2, compression: 'auto' },
      policy: { people: [{ name: 'ada' }], approvals: {}, defaults: { every: '6h', keep: 3 } },
    })
  })

  it('tells all its problems at once, one sentence each', () => {
    const problems = problemsOf({
      FERRY_PORT: '99999',
      FERRY_LOG_LEVEL: 'loud',
      FERRY_PUBLIC_URL: 'ferry',
      SLACK_BOT_TOKEN: 'xoxb-1',
      FERRY_POLICY: '/nowhere/ferry.yaml',
    })

    expect(problems).toEqual([
      expect.stringContaining('DATABASE_URL is missing'),
      expect.stringContaining('FERRY_PUBLIC_URL is "ferry"'),
      'FERRY_PORT is "99999": a whole number from 0 to 65535.',
      'FERRY_LOG_LEVEL is "loud": one of trace, debug, info, warn, error, silent.',
      expect.stringContaining('ALIBABA_CLOUD_ACCESS_KEY_ID is missing'),
      expect.stringContaining('ALIBABA_CLOUD_ACCESS_KEY_SECRET is missing'),
      expect.stringContaining('SLACK_SIGNING_SECRET is missing'),
      expect.stringContaining('The policy file /nowhere/ferry.yaml is not there'),
    ])
  })

  it('takes an empty variable as one that is not given', () => {
    expect(readConfig({ ...GOOD, FERRY_PORT: ' ', SLACK_SIGNING_SECRET: '' })).toMatchObject({
      port: 8080,
      slack: undefined,
    })
  })

  it('never shows a secret in a problem', () => {
    const problems = problemsOf({ ...GOOD, DATABASE_URL: 'mysql://ferry:hunter2hunter2@db', FERRY_PORT: 'x' })

    expect(problems).toHaveLength(2)
    expect(problems.join()).not.toContain('hunter2')
  })

  it('demands a public address when it listens on all', () => {
    expect(problemsOf({ ...GOOD, FERRY_HOST: '0.0.0.0' })).toEqual([
      expect.stringContaining('FERRY_PUBLIC_URL'),
    ])
  })
})

describe('the GitHub App', () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  const APP = {
    ...GOOD,
    GITHUB_APP_ID: '4711',
    GITHUB_PRIVATE_KEY: privateKey.replaceAll('\n', '\\n'),
    GITHUB_WEBHOOK_SECRET: 'a'.repeat(32),
  }

  it('is off when none of its variables is set, and on with three of them', () => {
    expect(readConfig(GOOD).github).toBeUndefined()
    expect(readConfig({ ...APP, GITHUB_API_URL: 'https://ghes.test/api/v3/' }).github).toEqual({
      appId: 4711,
      privateKey,
      webhookSecrets: ['a'.repeat(32)],
      apiUrl: 'https://ghes.test/api/v3',
    })
  })

  it('is refused when only half of it is set, or holds something else', () => {
    expect(problemsOf({ ...GOOD, GITHUB_APP_ID: '4711' })).toEqual([
      expect.stringContaining('GITHUB_PRIVATE_KEY is missing: the GitHub App needs'),
      expect.stringContaining('GITHUB_WEBHOOK_SECRET is missing'),
    ])
    const problems = problemsOf({
      ...{ ...APP, GITHUB_APP_ID: 'Ferry', GITHUB_PRIVATE_KEY: 'ferry.pem', GITHUB_WEBHOOK_SECRET: 'short' },
      GITHUB_API_URL: 'github',
    })
    expect(problems).toEqual([
      expect.stringContaining('GITHUB_APP_ID is "Ferry"'),
      expect.stringContaining('GITHUB_PRIVATE_KEY is no RSA key'),
      expect.stringContaining('GITHUB_WEBHOOK_SECRET has less than 32 characters'),
      expect.stringContaining('GITHUB_API_URL is "github"'),
    ])
    expect(problems.join()).not.toContain('short')
  })
})

describe('the policy file', () => {
  it('has all its problems told at once, also those that two of its parts have together', () => {
    const FERRY_POLICY = policyFile(`
people:
  - { name: ada, role: admin, slack: '@ada' }
  - { name: bob, role: approver, github: bob-l }
  - { name: eve, role: operator, github: Bob-L }
approvals: { comple: 1, sync: 1, clear: { needed: 1, by: operator } }
overrides:
  - { jobs: 'Web*', approvals: { cancel: 11 } }
windows:
  - { name: night, when: Sat 22:00-02:00 }
  - { name: night, when: Sat 22:00-25:00, zone: UTC }
notices: [{ channel: alarm, severity: fatal }]
defaults: { every: 59m, keep: 11, auto: maybe, limit: 1kbit, image_name: '{job}', windows: [noon] }
`)

    const problems = problemsOf({ ...GOOD, FERRY_POLICY }).map((problem) =>
      problem.slice(problem.indexOf(': ') + 2),
    )

    expect(problems).toEqual(
      expect.arrayContaining([
        'people[0].slack: a Slack identity is a member id such as U01ABCDEF, not a name.',
        "people[2].github: eve has the same as bob; it must be one person's only.",
        'approvals.comple: there is no command of this name. Did you mean complete?',
        'approvals.sync: it asks for no approval; keep, complete, rollback, cancel, clear, release do.',
        'approvals.clear: a rule is a whole number from 0 to 10, or { needed: 2, by: admin }.',
        'overrides[0].jobs: a pattern is a job’s name in which * stands for any part, such as web-*.',
        'overrides[0].approvals.cancel: it is a whole number from 0 to 10.',
        'windows[0].when: it names no time zone; add one, such as Asia/Shanghai, Europe/Berlin or UTC.',
        'windows[1].name: night is there already.',
        'windows[1].when: 25:00 is no time of day; a window ends at 00:00 to 24:00.',
        'notices[0].severity: a severity is info, warning or error.',
        'notices[0].channel: a channel is #its-name or its id such as C01ABCDEF.',
        'defaults.every: an interval is 1h to 7d.',
        'defaults.keep: it is a whole number from 1 to 10.',
        'defaults.auto: it is on or off.',
        'defaults.limit: a limit is not less than 64kbit; or off.',
        'defaults.image_name: the pattern lacks {number}: each sync’s image needs a name of its own.',
        'defaults.windows[0]: there is no window noon under windows.',
      ]),
    )
    expect(problems).toHaveLength(18)
  })

  it('is refused when more must agree than there are people who may: nobody could ever run it', () => {
    const FERRY_POLICY = policyFile(`
people: [{ name: ada, role: admin }, { name: bob, role: approver }]
approvals: { complete: { needed: 2, by: admin }, clear: 2 }`)

    expect(problemsOf({ ...GOOD, FERRY_POLICY })).toEqual([
      expect.stringContaining('approvals.complete: 2 must agree, but only 1 of the people may'),
    ])
  })

  it.each([
    ['null', ''],
    ['a list', '- people'],
    ['a text', 'people'],
    ['a key twice', 'people: [{ name: ada, role: admin }]\npeople: []'],
    ['lists where sections belong', 'people: {}\napprovals: []\nwindows: 3\ndefaults: []\noverrides: [x]'],
  ])('that is %s has a problem told, and breaks nothing', (_words, text) => {
    expect(problemsOf({ ...GOOD, FERRY_POLICY: policyFile(text) }).length).toBeGreaterThan(0)
  })

  it('has each of its problems told with its place', () => {
    const FERRY_POLICY = policyFile(`
people:
  - name: Ada
    role: admin
  - name: bob
    role: boss
    tokens: [hunter2]
approvals:
  complete: -1
cluod: {}
`)

    const problems = problemsOf({ ...GOOD, FERRY_POLICY })

    expect(problems).toHaveLength(5)
    for (const place of [
      'people[0].name',
      'people[1].role',
      'people[1].tokens[0]',
      'approvals.complete',
      'cluod',
    ])
      expect(problems.join('\n')).toContain(place)
    expect(problems.join()).not.toContain('hunter2')
  })

  it('is refused when two people share an identity: one could approve what the other asks', () => {
    const FERRY_POLICY = policyFile(
      'people: [{ name: ada, role: admin, slack: U1 }, { name: bob, role: approver, slack: U1 }]',
    )

    expect(problemsOf({ ...GOOD, FERRY_POLICY })).toEqual([
      expect.stringContaining('people[1].slack: bob has the same as ada'),
    ])
  })

  it('is refused when approvals name no command: the one that was meant would be unguarded', () => {
    const FERRY_POLICY = policyFile('people: [{ name: ada, role: admin }]\napprovals: { cler: 2 }')

    expect(problemsOf({ ...GOOD, FERRY_POLICY })).toEqual([
      expect.stringContaining('approvals.cler: there is no command of this name'),
    ])
  })

  it('is refused when it is no YAML, with the line', () => {
    expect(problemsOf({ ...GOOD, FERRY_POLICY: policyFile('people: [') })).toEqual([
      expect.stringMatching(/line 1/),
    ])
  })

  it('of the example is a good one', () => {
    expect(
      problemsOf({ ...GOOD, FERRY_POLICY: join(import.meta.dirname, '../../ferry.example.yaml') }),
    ).toEqual([])
  })
})
