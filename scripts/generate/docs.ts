import { OPERATIONS } from '../../core/adapters/alicloud/sdk.ts'
import { catalogue } from '../../core/commands/catalogue.ts'
import type { Command } from '../../core/commands/define.ts'
import { usageLine } from '../../core/commands/usage.ts'
import type { Variable } from '../../core/config/variables.ts'
import { VARIABLES } from '../../core/config/variables.ts'
import { FAULTS, remedyOf } from '../../core/domain/faults.ts'
import type { FaultEntry } from '../../core/domain/fault-entry.ts'
import { STATE_LABELS, STATES } from '../../core/domain/job.ts'
import { eventsIn, move, RESUMABLE } from '../../core/domain/life.ts'

const NOTE = '<!-- Written by `npm run generate`. -->'

export function commandsPage(): string {
  const rows = catalogue.map((command) => [
    `\`${usageLine(command)}\``,
    command.summary,
    command.effect,
    command.role,
    command.legalIn,
  ])
  return page(
    'Commands',
    `One grammar in every door: \`/ferry …\` in Slack, \`npm run ferry -- …\` in a terminal, the input \`command\` of the Action. Arguments go in order, as \`key=value\` or as \`--key value\`; quotes keep words together.

${table(['command', 'what it does', 'effect', 'least role', 'legal in'], rows)}

\`read\` changes nothing. \`change\` does. \`final\` cannot be taken back: every door asks for confirmation first, and the policy may demand the approval of others.

${catalogue.map(section).join('\n\n')}`,
  )
}

/** What the access key must be allowed: one action per operation that the cloud adapter calls. */
export function permissionsPage(): string {
  const actions = OPERATIONS.map(
    (operation) => `ecs:${operation.charAt(0).toUpperCase()}${operation.slice(1)}`,
  )
  const policy = {
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: actions.sort(), Resource: '*' }],
  }
  return page(
    'Permissions',
    `Ferry’s access key needs these actions and no others; this is a RAM policy that grants them. It is made of the list of operations that the cloud adapter can call. \`ecs:TagResources\` is also what the cloud asks for when something is created with tags.

\`\`\`json
${JSON.stringify(policy, null, 2)}
\`\`\``,
  )
}

function section(command: Command): string {
  const args = Object.entries(command.args).map(([key, arg]) => [
    `\`${key}\``,
    arg.shape === '' ? 'flag' : code(arg.shape),
    arg.required ? 'yes' : 'no',
    arg.describe,
  ])
  return [
    `## ${command.name}`,
    `${command.summary}.`,
    `Example: \`${command.example}\``,
    ...(args.length === 0 ? [] : [table(['argument', 'value', 'needed', 'meaning'], args)]),
  ].join('\n\n')
}

export function faultsPage(): string {
  const menders: Record<FaultEntry['mender'], string> = {
    ferry: 'nobody: Ferry tries again by itself',
    operator: 'an operator',
    source: 'whoever looks after the source',
    'cloud-account': 'whoever looks after the cloud account',
    cloud: 'the cloud',
  }
  const entries: [string, FaultEntry][] = Object.entries(FAULTS)
  return page(
    'Faults',
    `Every coded problem that Ferry knows. \`troubleshoot <job>\` shows the one a job has.

${entries
  .map(
    ([name, fault]) => `## ${name}

${fault.title}.

- Cause: ${fault.cause}
- Remedy: ${remedyOf(fault, '<job>')}
- Who can mend it: ${menders[fault.mender]}
- \`retry\` can help: ${fault.retryable ? 'yes' : 'no'}`,
  )
  .join('\n\n')}`,
  )
}

export function configurationPage(): string {
  const entries: [string, Variable][] = Object.entries(VARIABLES)
  const rows = entries.map(([name, variable]) => [
    `\`${name}\``,
    `${variable.meaning}${variable.secret ? ' (secret)' : ''}`,
    variable.default === undefined ? '' : code(variable.default),
  ])
  return page(
    'Configuration',
    `The environment variables of Ferry. All problems are told at once at the start. Who may do what, and where things are made in the cloud, stands in the policy file; [policy.md](policy.md) describes it.

${table(['variable', 'meaning', 'default'], rows)}

Without \`DATABASE_URL\` and without a cloud key, \`npm start\` runs everything on this machine (local mode): a database of its own, a local Alibaba ECS, and two people to act as.`,
  )
}

export function lifePage(): string {
  const moves = STATES.flatMap((from) =>
    eventsIn(from).map((event) => ({ from, event, to: move({ state: from, resume: null }, event) })),
  )
  const rows = moves.map(({ from, event, to }) => [
    STATE_LABELS[from],
    `\`${event}\``,
    to === undefined ? 'the state it left' : STATE_LABELS[to],
  ])
  const name = (state: string): string => state.replaceAll('-', '_')
  const arrows = moves.map(
    ({ from, event, to }) => `  ${name(from)} --> ${to === undefined ? 'left' : name(to)}: ${event}`,
  )
  return page(
    'The life of a job',
    `What is not listed here cannot happen. "The state it left" is one of ${RESUMABLE.map((state) => STATE_LABELS[state]).join(', ')}: the one in which the job was paused, failed or drilled.

\`\`\`mermaid
stateDiagram-v2
${STATES.map((state) => `  ${name(state)}: ${STATE_LABELS[state]}`).join('\n')}
  left: the state it left
  [*] --> ready
${arrows.join('\n')}
\`\`\`

${table(['state', 'event', 'leads to'], rows)}`,
  )
}

export const page = (title: string, body: string): string => `${NOTE}\n\n# ${title}\n\n${body}\n`
const code = (text: string): string => `\`${text}\``

export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(columns), `|${columns.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n')
}
