import { describe, expect, it } from 'vitest'
import { ruleFor, whoRuns } from '../../../core/domain/admission.ts'
import type { RunClaims } from '../../../core/domain/admission.ts'
import { Policy } from '../../../core/domain/policy.ts'
import type { WorkflowRule } from '../../../core/domain/workflows.ts'
import { readPolicy } from '../../../core/config/policy-file.ts'

const RULE = {
  name: 'cutover',
  repository_id: 1001,
  repository_owner_id: '77',
  ref: ['refs/heads/main', 'refs/tags/v*'],
  role: 'operator',
  jobs: ['web-*'],
}
const RUN: RunClaims = {
  issuer: 'https://token.actions.githubusercontent.com',
  repository: 'acme/infra',
  repository_id: '1001',
  repository_owner_id: '77',
  ref: 'refs/heads/main',
  environment: undefined,
  job_workflow_ref: 'acme/infra/.github/workflows/cutover.yml@refs/heads/main',
  event_name: 'workflow_dispatch',
  runner_environment: 'github-hosted',
  actor: 'olga-gh',
  actor_id: '5001',
  run_id: '9000',
  run_attempt: '1',
  sha: 'c0ffee',
  check_run_id: undefined,
}

function policyOf(...rules: object[]): Policy {
  return Policy.parse({
    people: [
      { name: 'olga', role: 'operator', github_id: 5001 },
      { name: 'vera', role: 'viewer', github_id: '5002' },
      { name: 'ada', role: 'admin', github_id: 5003 },
    ],
    workflows: { rules },
  })
}
const rulesOf = (...rules: object[]): readonly WorkflowRule[] => policyOf(...rules).workflows.rules

describe('a run of a workflow', () => {
  it('is let in by the first rule whose every key holds', () => {
    const rules = rulesOf({ ...RULE, name: 'night', environment: 'night' }, RULE)

    expect(ruleFor(rules, RUN)).toMatchObject({ rule: { name: 'cutover' } })
    expect(ruleFor(rules, { ...RUN, environment: 'night' })).toMatchObject({ rule: { name: 'night' } })
    expect(ruleFor(rules, { ...RUN, ref: 'refs/tags/v1.2' })).toMatchObject({ rule: { name: 'cutover' } })
  })

  it.each([
    ['no rules', [], {}, 'workflows-not-set-up'],
    ['another repository', [RULE], { repository_id: '1002' }, 'repository-not-allowed'],
    ['a repository that took the name over', [RULE], { repository_owner_id: '78' }, 'repository-not-allowed'],
    [
      'the same numbers at another GitHub',
      [RULE],
      { issuer: 'https://ghes.example.com/_services/token' },
      'repository-not-allowed',
    ],
    ['another branch', [RULE], { ref: 'refs/heads/mine' }, 'ref-not-allowed'],
    ['a pull request', [RULE], { ref: 'refs/pull/7/merge', event_name: 'pull_request' }, 'ref-not-allowed'],
    ['an event of strangers', [RULE], { event_name: 'issue_comment' }, 'event-not-allowed'],
    ['a pull request from a fork', [RULE], { event_name: 'pull_request_target' }, 'event-not-allowed'],
    [
      'another file',
      [{ ...RULE, job_workflow_ref: 'acme/infra/.github/workflows/cutover.yml@*' }],
      { job_workflow_ref: 'acme/infra/.github/workflows/other.yml@refs/heads/main' },
      'workflow-not-allowed',
    ],
    [
      'another kind of runner',
      [{ ...RULE, runner_environment: 'github-hosted' }],
      { runner_environment: 'self-hosted' },
      'runner-not-allowed',
    ],
    ['no environment', [{ ...RULE, environment: 'production' }], {}, 'environment-required'],
    [
      'another environment',
      [{ ...RULE, environment: ['production'] }],
      { environment: 'Production' },
      'environment-required',
    ],
  ])('is not let in with %s', (_what, rules, claims, code) => {
    expect(ruleFor(rulesOf(...rules), { ...RUN, ...claims })).toMatchObject({ code })
  })

  it('hears of the rule that comes nearest', () => {
    const rules = rulesOf({ ...RULE, ref: 'refs/heads/other' }, { ...RULE, name: 'two', environment: 'prod' })

    expect(ruleFor(rules, RUN)).toEqual({
      code: 'environment-required',
      sentence: 'The job names no environment; ferry.yaml asks for `environment: prod` in the workflow.',
    })
  })

  it('acts as the person who has started it, and never with more than their role or the rule’s', () => {
    const { people } = policyOf()
    const rule = { name: 'cutover', role: 'operator' } as const

    expect(whoRuns(people, rule, { ...RUN, actor_id: '5001' }, RUN.issuer)).toEqual({
      ...{ name: 'olga', role: 'operator', isLinked: true },
    })
    expect(whoRuns(people, rule, { ...RUN, actor_id: '5002' }, RUN.issuer)).toMatchObject({
      name: 'vera',
      role: 'viewer',
    })
    expect(whoRuns(people, rule, { ...RUN, actor_id: '5003' }, RUN.issuer)).toMatchObject({
      name: 'ada',
      role: 'operator',
    })
    expect(whoRuns(people, rule, { ...RUN, actor_id: '9' }, RUN.issuer)).toEqual({
      ...{ name: 'workflow:cutover', role: 'operator', isLinked: false },
    })
  })

  it('of another GitHub acts as nobody: an account there may have the number of a person here', () => {
    const { people } = policyOf()
    const rule = { name: 'cutover', role: 'operator' } as const

    expect(whoRuns(people, rule, { ...RUN, actor_id: '5001' }, 'https://ghes.test/_services/token')).toEqual({
      ...{ name: 'workflow:cutover', role: 'operator', isLinked: false },
    })
  })

  it('that was started again acts as nobody, for its token names who started it first', () => {
    const [rule] = rulesOf(RULE)
    if (rule === undefined) throw new Error('there is no rule')
    const { people } = policyOf(RULE)
    const again = { ...RUN, run_attempt: '2' }

    expect(whoRuns(people, rule, again, RUN.issuer)).toEqual({
      ...{ name: 'workflow:cutover', role: 'operator', isLinked: false },
    })
    expect(whoRuns(people, rule, { ...again, actor_id: '5002' }, RUN.issuer)).toMatchObject({
      role: 'viewer',
    })
  })
})

describe('rules for workflows', () => {
  const problemsOf = (rule: object): readonly string[] => {
    const read = readPolicy(
      JSON.stringify({ people: [{ name: 'ada', role: 'admin' }], workflows: { rules: [rule] } }),
      'ferry.yaml',
    )
    return 'problems' in read ? read.problems : []
  }

  it.each([
    ['without a branch', { ...RULE, ref: undefined }, 'workflows.rules[0].ref'],
    ['that let a run approve', { ...RULE, role: 'approver' }, 'approvals are given by people'],
    ['with a repository’s name', { ...RULE, repository_id: 'acme/infra' }, 'the number of an account'],
    ['for no job', { ...RULE, jobs: [] }, 'name at least one job'],
    ['with an issuer in the open', { ...RULE, issuer: 'http://ghes.example.com' }, 'an https URL'],
    ['with an unknown key', { ...RULE, sub: 'repo:acme/infra:*' }, 'sub'],
  ])('%s are refused', (_what, rule, words) => {
    expect(problemsOf(rule).join('\n')).toContain(words)
  })

  it('of several GitHubs need a word about which of them people’s numbers are of', () => {
    const ghes = 'https://ghes.example.com/_services/token'
    const problems = (github: object): unknown => {
      const rules = [RULE, { ...RULE, name: 'ghes', issuer: ghes }]
      const read = readPolicy(
        JSON.stringify({ people: [{ name: 'ada', role: 'admin' }], workflows: { rules }, github }),
        'ferry.yaml',
      )
      return 'problems' in read ? read.problems : []
    }

    expect(problems({})).toEqual([expect.stringContaining('github.issuer is missing')])
    expect(problems({ issuer: ghes })).toEqual([])
  })

  it('have names of their own, and people numbers of their own', () => {
    const read = readPolicy(
      JSON.stringify({
        people: [
          { name: 'ada', role: 'admin', github_id: 7 },
          { name: 'eve', role: 'admin', github_id: '7' },
        ],
        workflows: { rules: [RULE, RULE] },
      }),
      'ferry.yaml',
    )

    expect(read).toEqual({
      problems: [
        expect.stringContaining('people[1].github_id: eve has the same as ada'),
        'ferry.yaml: workflows.rules[1].name: cutover is there already.',
      ],
    })
  })
})
