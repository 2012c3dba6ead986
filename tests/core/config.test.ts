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
      policy: { people: [{ name: 'ada' }], approvals: { complete: 1 } },
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

describe('the policy file', () => {
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
