import { catalogue } from '../commands/catalogue.ts'
import { Policy, unknownApprovals } from '../domain/policy.ts'
import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'

/** The policy, or every problem of the file in a sentence that says where. */
export type PolicyRead = { readonly policy: Policy } | { readonly problems: readonly string[] }

export function readPolicyFile(path: string): PolicyRead {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not there' : 'cannot be read'
    return {
      problems: [
        `The policy file ${path} ${why}: copy ferry.example.yaml to it, or name another in FERRY_POLICY.`,
      ],
    }
  }
  return readPolicy(text, path)
}

export function readPolicy(text: string, path: string): PolicyRead {
  const document = parseDocument(text)
  if (document.errors.length > 0)
    return { problems: document.errors.map((error) => `${path}: ${error.message.split('\n')[0] ?? ''}`) }
  const read = Policy.safeParse(document.toJS() ?? {})
  if (!read.success)
    return {
      problems: read.error.issues.map((issue) => `${path}: ${whereabouts(issue.path)}: ${issue.message}.`),
    }
  const unknown = unknownApprovals(
    read.data,
    catalogue.map((command) => command.name),
  )
  const wrong = [
    ...sharedIdentities(read.data),
    ...unknown.map((name) => `approvals.${name}: there is no command of this name.`),
  ]
  if (wrong.length > 0) return { problems: wrong.map((problem) => `${path}: ${problem}`) }
  return { policy: read.data }
}

/** `people[1].role` */
function whereabouts(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  return text.replace(/^\./, '') || 'the file'
}

/** An identity that two people share would let one of them approve their own request. */
function sharedIdentities(policy: Policy): readonly string[] {
  const owners = new Map<string, string>()
  const problems: string[] = []
  policy.people.forEach((person, at) => {
    const identities = {
      name: [person.name],
      tokens: person.tokens,
      slack: person.slack === undefined ? [] : [person.slack],
      github: person.github === undefined ? [] : [person.github.toLowerCase()],
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
  })
  return problems
}
