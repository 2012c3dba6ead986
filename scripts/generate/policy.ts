/** The policy file as programs and people read about it: both are made of the schema and its descriptions. */
import { z } from 'zod'
import { APPROVABLE } from '../../core/config/policy-checks.ts'
import { Policy } from '../../core/domain/policy.ts'
import { page, table } from './docs.ts'

/** What of a JSON schema is read here. */
interface Schema {
  readonly description?: string
  readonly type?: string
  readonly enum?: readonly string[]
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly additionalProperties?: Schema | boolean
  propertyNames?: unknown
}

/** The schema of what is written in the file; what it cannot say is checked when the bot reads it. */
function schema(): Schema {
  const made = z.toJSONSchema(Policy, { io: 'input', target: 'draft-7' }) as Schema
  const { approvals, overrides } = made.properties ?? {}
  // The commands that ask for approval are known to the catalogue alone.
  for (const rules of [approvals, overrides?.items?.properties?.['approvals']])
    if (rules !== undefined) rules.propertyNames = { enum: APPROVABLE }
  return made
}

export function policySchema(): string {
  return JSON.stringify({ title: 'The policy file of Ferry', ...schema() }, null, 2)
}

export function policyPage(example: string): string {
  return page(
    'The policy file',
    `\`ferry.yaml\` (or what \`FERRY_POLICY\` names) says who may do what, what others must agree to, when cutovers are allowed, which notices go where, where things are made in the cloud, and what new jobs are like. Every problem of it is told at once, with its place. [ferry.schema.json](ferry.schema.json) is its JSON schema; with the first line of the example, editors complete and check it.

A running bot reads it again on SIGHUP (\`kill -HUP <pid>\`; each replica for itself). A bad file is refused: all its problems are in the log and the former policy stays in force. The audit holds each reload as \`policy.reload\`, with the sections that changed. What has begun goes on as it began; the next command, the next decision on a request and the next instance are held to the new policy. Only another region needs a restart.

${table(['key', 'value', 'default', 'meaning'], rowsOf(schema(), ''))}

Approvals can be asked for by ${APPROVABLE.map((name) => `\`${name}\``).join(', ')}. In a pattern of jobs \`*\` stands for any part of a name. A notice that belongs to no job goes where the rules for \`*\` lead. Many notices for one place within a short time become one message whatever \`digest\` says. A request for approval is shown wherever warnings of its job go, and to each person who may decide and has a Slack identity.

## An example

\`\`\`yaml
${example.trimEnd()}
\`\`\``,
  )
}

/** A row per key; the keys of a list's entries follow as `people[].name`. */
function rowsOf(of: Schema, path: string): string[][] {
  return Object.entries(of.properties ?? {}).flatMap(([key, value]) => {
    const place = path === '' ? key : `${path}.${key}`
    const isNeeded = of.required?.includes(key) === true
    const row = [
      `\`${place}\``,
      kindOf(value),
      isNeeded ? 'needed' : defaultOf(value),
      value.description ?? '',
    ]
    const inside = value.type === 'array' ? rowsOf(value.items ?? {}, `${place}[]`) : rowsOf(value, place)
    return [row, ...inside]
  })
}

function kindOf({ type, enum: words, items, anyOf, additionalProperties }: Schema): string {
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(', ')
  if (anyOf !== undefined) return anyOf.map(kindOf).join(' or ')
  if (type === 'array') return `list${items?.properties === undefined ? ` of ${kindOf(items ?? {})}` : ''}`
  if (typeof additionalProperties === 'object') return `${kindOf(additionalProperties)}, by name`
  if (type === 'integer') return 'whole number'
  return type === 'object' ? 'section' : type === 'string' ? 'text' : (type ?? '')
}

function defaultOf({ default: value }: Schema): string {
  if (value === undefined || (typeof value === 'object' && Object.keys(value ?? {}).length === 0)) return ''
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}
