/**
 * What no single value of the policy file can show: identities that two people share, rules for commands that need
 * none, names that nothing has. Looks at what is well formed even when other parts are not, so that all problems are
 * told at once.
 */
import { catalogue } from '../commands/catalogue.ts'
import { nearest } from '../commands/nearest.ts'
import { ApprovalRule, mayAct, NamedWindow, Person, windowText } from '../domain/policy.ts'
import { parseWindow } from '../domain/window.ts'
import { GITHUB_ISSUER } from '../domain/workflows.ts'

/** Commands that ask for approval: those that are final, and `keep`, which is when images would go. */
export const APPROVABLE = catalogue
  .filter(({ name, effect }) => effect === 'final' || name === 'keep')
  .map(({ name }) => name)

/** The problems, each with its place. `raw`: the file as it was read. */
export function crossProblems(raw: unknown): readonly string[] {
  const { people, overrides, windows, defaults, workflows, github } = record(raw)
  const persons = list(people).map((entry) => Person.safeParse(entry).data)
  return [
    ...sharedIdentities(persons),
    ...approvalProblems('approvals', record(raw)['approvals'], persons),
    ...list(overrides).flatMap((entry, at) =>
      approvalProblems(`overrides[${at}].approvals`, record(entry)['approvals'], persons),
    ),
    ...windowProblems(list(windows), list(record(defaults)['windows'])),
    ...ruleProblems(list(record(workflows)['rules'])),
    ...issuerProblems(list(record(workflows)['rules']), record(github)['issuer']),
    ...gateProblems(list(record(github)['gates'])),
  ]
}

type Maybe<T> = readonly (T | undefined)[]

/** An identity that two people share would let one of them approve their own request. */
function sharedIdentities(people: Maybe<Person>): readonly string[] {
  const owners = new Map<string, string>()
  const problems: string[] = []
  for (const [at, person] of people.entries()) {
    if (person === undefined) continue
    const identities = {
      name: [person.name],
      tokens: person.tokens,
      slack: person.slack === undefined ? [] : [person.slack],
      github: person.github === undefined ? [] : [person.github.toLowerCase()],
      github_id: person.github_id === undefined ? [] : [person.github_id],
    }
    for (const [kind, values] of Object.entries(identities))
      for (const value of values) {
        const owner = owners.get(`${kind} ${value}`)
        if (owner !== undefined)
          problems.push(
            `people[${at}].${kind}: ${person.name} has the same as ${owner}; it must be one person's only.`,
          )
        owners.set(`${kind} ${value}`, person.name)
      }
  }
  return problems
}

/** A rule for a command that asks for no approval would leave the meant one unguarded, or block it for ever. */
function approvalProblems(place: string, rules: unknown, people: Maybe<Person>): readonly string[] {
  return Object.entries(record(rules)).flatMap(([command, value]) => {
    if (!catalogue.some(({ name }) => name === command)) {
      const guess = nearest(command, APPROVABLE)
      return `${place}.${command}: there is no command of this name.${guess === undefined ? '' : ` Did you mean ${guess}?`}`
    }
    if (!APPROVABLE.includes(command))
      return `${place}.${command}: it asks for no approval; ${APPROVABLE.join(', ')} do.`
    const rule = ApprovalRule.safeParse(value).data
    if (rule === undefined || people.includes(undefined)) return []
    const { needed, by } = typeof rule === 'object' ? rule : { needed: rule, by: 'approver' as const }
    const able = people.filter((person) => person !== undefined && mayAct(person.role, by)).length
    if (able >= needed) return []
    return `${place}.${command}: ${needed} must agree, but only ${able} of the people may: nobody could ever run it.`
  })
}

function windowProblems(windows: readonly unknown[], wanted: readonly unknown[]): readonly string[] {
  const read = windows.map((entry) => NamedWindow.safeParse(entry).data)
  const names = read.map((window) => window?.name)
  const wrong = read.flatMap((window, at) => {
    if (window === undefined) return []
    const parsed = parseWindow(windowText(window))
    return [
      ...(names.indexOf(window.name) < at ? [`windows[${at}].name: ${window.name} is there already.`] : []),
      ...('problem' in parsed ? [`windows[${at}].when: ${parsed.problem}.`] : []),
    ]
  })
  const unknown = wanted.flatMap((name, at) =>
    typeof name !== 'string' || names.includes(name)
      ? []
      : [`defaults.windows[${at}]: there is no window ${name} under windows.`],
  )
  return [...wrong, ...unknown]
}

/** The audit names a run by its rule, so no two may have one name. */
function ruleProblems(rules: readonly unknown[]): readonly string[] {
  const names = rules.map((rule) => record(rule)['name'])
  return names.flatMap((name, at) =>
    typeof name === 'string' && names.indexOf(name) < at
      ? [`workflows.rules[${at}].name: ${name} is there already.`]
      : [],
  )
}

/** People's numbers are those of one GitHub: with runs of several it must be said of which. */
function issuerProblems(rules: readonly unknown[], said: unknown): readonly string[] {
  const named = [...new Set(rules.map((rule) => record(rule)['issuer'] ?? GITHUB_ISSUER))]
  return said !== undefined || named.length < 2
    ? []
    : [
        `github.issuer is missing: the rules under workflows are for ${named.length} issuers; name the one that people's github_id and the App are of.`,
      ]
}

/** What a guarded environment lets a workflow do is what people approve: nothing else may stand there. */
function gateProblems(gates: readonly unknown[]): readonly string[] {
  const final = catalogue.filter(({ effect }) => effect === 'final').map(({ name }) => name)
  return gates.flatMap((gate, at) => {
    const { command } = record(gate)
    if (typeof command !== 'string') return []
    const name = command.trim().split(/\s+/)[0] ?? ''
    if (!final.includes(name))
      return [`github.gates[${at}].command: ${name} is none of ${final.join(', ')}, which are approved.`]
    return command.includes('{job}') ? [] : [`github.gates[${at}].command: it does not name {job}.`]
  })
}

/** The value as an object; empty when it is none. */
function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])
