import type { Approval } from '../domain/approval.ts'
import type { Person, Policy, Role } from '../domain/policy.ts'
import type { Clock } from '../ports/clock.ts'
import type { Actor } from '../ports/jobs.ts'
import type { Store } from '../ports/store.ts'
import type { Arg, ArgSet, ArgValues } from './args.ts'
import type { Reply } from './reply.ts'
import { Refusal } from './reply.ts'

/** `read` changes nothing. `final` cannot be taken back: doors confirm it, the policy may demand approvals. */
export type Effect = 'read' | 'change' | 'final'

/** Who asks, as a door has recognised them. */
export interface Asker extends Pick<Person, 'name' | 'role'> {
  /** Patterns of the jobs that may be named; left out: all. */
  readonly jobs?: readonly string[]
  /** Given when no person of the policy file is known behind it: the account, in words. Nobody could say who the others are. */
  readonly unknown?: string
}

/** A workflow run that waits at an environment. */
export interface Gate {
  /** Shown to those who approve, beside what the command shows. */
  readonly facts: Readonly<Record<string, string>>
}

/** What a command is run with. */
export interface Context {
  readonly person: Asker
  readonly actor: Actor
  readonly store: Store
  readonly clock: Clock
  readonly policy: Policy
  /** The person has seen what cannot be taken back and said yes. */
  readonly confirmed: boolean
  /** Set when enough others have approved this very invocation. */
  readonly approval: Approval | undefined
  /** Set when a workflow run waits for leave to ask this: it is only asked for, and the run carries it out itself. */
  readonly gate: Gate | undefined
  /** The invocation itself, as given: what an approval is pinned to. */
  readonly invocation: { readonly command: string; readonly raw: Readonly<Record<string, string>> }
  /** Every command there is: for help. */
  readonly catalogue: readonly Command[]
  /** A fresh secret of 128 bits or more, readable by people; never logged, stored only as its hash. */
  readonly secret: () => string
  /** Base URL of the bot as sources reach it. */
  readonly serverUrl: string
  /** SHA-256 (hex) of the agent's bundle that this bot serves; undefined when it is not built. */
  readonly agentDigest: string | undefined
  /** Runs another invocation as another person, with their rights: what `approve` does at the last approval. */
  readonly runApproved: (approval: Approval) => Promise<Reply>
}

/** What describing takes, for whoever looks: nobody in particular. */
export type Looking = Pick<Context, 'store' | 'clock' | 'policy'>

interface CommandDefinition<A extends ArgSet> {
  /** One word, or two: `audit verify`. */
  readonly name: string
  readonly summary: string
  readonly effect: Effect
  /** The least role that may use it. Default: viewer to read, operator for the rest. */
  readonly role?: Role
  /** Where it is legal, for help and docs: `Waiting`; generated from the life table where it can be. */
  readonly legalIn?: string
  readonly args: A
  readonly example: string
  readonly run: (args: ArgValues<A>, context: Context) => Promise<Reply>
}

/** A command as doors know it: its data, and `execute` from raw text values. */
export interface Command {
  readonly name: string
  readonly summary: string
  readonly effect: Effect
  readonly role: Role
  readonly legalIn: string
  readonly args: Readonly<Record<string, Omit<Arg<unknown>, 'parse'>>>
  readonly example: string
  readonly execute: (raw: Readonly<Record<string, string>>, context: Context) => Promise<Reply>
  /** What is wrong with these values, a sentence for each argument: for forms. Pure; empty when all are well. */
  readonly problems: (raw: Readonly<Record<string, string>>) => Readonly<Record<string, string>>
}

/** Declares a command. Its file and its line in the catalogue are all that any door knows of it. */
export function defineCommand<const A extends ArgSet>(definition: CommandDefinition<A>): Command {
  return {
    name: definition.name,
    summary: definition.summary,
    effect: definition.effect,
    role: definition.role ?? (definition.effect === 'read' ? 'viewer' : 'operator'),
    legalIn: definition.legalIn ?? '–',
    args: definition.args,
    example: definition.example,
    execute: (raw, context) => definition.run(parseArgs(definition, raw), context),
    problems: (raw) => problemsOf(definition, raw),
  }
}

/** Each argument alone, so that all that is wrong is told at once. */
function problemsOf(
  { name, args, example }: Pick<CommandDefinition<ArgSet>, 'name' | 'args' | 'example'>,
  raw: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const problems: Record<string, string> = {}
  for (const [key, arg] of Object.entries(args)) {
    const given = raw[key] === undefined ? {} : { [key]: raw[key] }
    try {
      parseArgs({ name, args: { [key]: arg }, example }, given)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      problems[key] = error.message
    }
  }
  return problems
}

function parseArgs<A extends ArgSet>(
  definition: Pick<CommandDefinition<A>, 'name' | 'args' | 'example'>,
  raw: Readonly<Record<string, string>>,
): ArgValues<A> {
  const unknown = Object.keys(raw).find((key) => !(key in definition.args))
  if (unknown !== undefined)
    throw new Refusal(
      'bad-argument',
      `${definition.name} takes no ${unknown}. Example: ${definition.example}`,
    )
  const values: Record<string, unknown> = {}
  for (const [key, arg] of Object.entries(definition.args)) {
    const text = raw[key]
    if (text !== undefined && text !== '') values[key] = arg.parse(text)
    else if (arg.required)
      throw new Refusal(
        'missing-argument',
        `${definition.name} needs ${key}: ${arg.describe}. Example: ${definition.example}`,
      )
    else if (arg.shape === '') values[key] = false
  }
  return values as ArgValues<A>
}
