/** The inputs of a step, from the environment that the runner sets up. */
import { duration } from '../core/commands/args.ts'
import { Refusal } from '../core/commands/reply.ts'

export const WAITS = ['none', 'approval', 'sync', 'done'] as const
export const ON_CANCEL = ['pause', 'leave'] as const

/** Inputs of the Action itself; action.yml has those of the commands beside them, generated from the catalogue. */
export const OWN_INPUTS = {
  'server-url': 'The URL of your Ferry bot, such as https://ferry.example.com',
  command: '',
  confirm: 'true confirms what cannot be taken back; true or false',
  'dry-run': 'true checks everything and changes nothing; true or false',
  wait: 'What the step waits for: none (returns at once), approval (until others have decided), sync (until the sync in progress has its image), done (until it has ended)',
  timeout:
    'How long the step waits at most: a whole number and one of s, m, h, d, such as 90m; then it fails as timed-out and Ferry goes on. How long a boot may take stands in the command: "verify web-01 timeout=20m"',
  patience:
    'How long a bot that does not answer is asked again: a whole number and one of s, m, h, d, such as 2m; its restart is well within that',
  'on-cancel':
    'When the run is cancelled: pause (a sync stops at the next safe point, a request for approval is withdrawn) or leave (Ferry goes on)',
  audience:
    'The audience of the OIDC token; the server-url if left out. It must be the one that ferry.yaml names',
  token: 'A Ferry token, from a secret, for runners without OIDC; with it no OIDC token is asked for',
} as const
type OwnInput = keyof typeof OWN_INPUTS

export const DEFAULTS: Partial<Record<OwnInput, string>> = {
  confirm: 'false',
  'dry-run': 'false',
  wait: 'done',
  timeout: '5h',
  patience: '2m',
  'on-cancel': 'pause',
}

export interface Inputs {
  readonly server: string
  /** Undefined: GitHub is asked for an OIDC token. */
  readonly token: string | undefined
  readonly audience: string
  /** A command's name, or a line as people type it. */
  readonly command: string
  /** Everything else that was given: the command's arguments. */
  readonly args: Readonly<Record<string, string>>
  readonly confirmed: boolean
  readonly dryRun: boolean
  readonly wait: (typeof WAITS)[number]
  readonly timeoutMs: number
  readonly patienceMs: number
  readonly onCancel: (typeof ON_CANCEL)[number]
}

type Environment = Readonly<Record<string, string | undefined>>
type Problem = { readonly problem: string }

/** Reads the inputs; a sentence when one is missing or wrong. Arguments themselves are the bot's to judge. */
export function readInputs(env: Environment): Inputs | Problem {
  const given = new Map<string, string>()
  for (const [key, value] of Object.entries(env))
    if (key.startsWith('INPUT_') && value?.trim())
      given.set(key.slice('INPUT_'.length).toLowerCase().replaceAll(' ', '_'), value.trim())
  const own = (name: OwnInput): string => given.get(name) ?? DEFAULTS[name] ?? ''
  try {
    const server = serverOf(own('server-url'))
    return {
      server,
      token: own('token') || undefined,
      audience: own('audience') || server,
      command: own('command') || fail('command is missing, such as status.'),
      args: Object.fromEntries([...given].filter(([name]) => !(name in OWN_INPUTS))),
      confirmed: oneOf('confirm', own('confirm'), ['true', 'false']) === 'true',
      dryRun: oneOf('dry-run', own('dry-run'), ['true', 'false']) === 'true',
      wait: oneOf('wait', own('wait'), WAITS),
      timeoutMs: time('timeout', own('timeout'), { min: '1s', max: '30d' }),
      patienceMs: time('patience', own('patience'), { min: '1s', max: '1h' }),
      onCancel: oneOf('on-cancel', own('on-cancel'), ON_CANCEL),
    }
  } catch (error) {
    if (error instanceof Refusal) return { problem: error.message }
    throw error
  }
}

function serverOf(text: string): string {
  const server = text.replace(/\/+$/, '')
  if (!URL.canParse(server)) fail('server-url is not the URL of a bot, such as https://ferry.example.com.')
  const { protocol, hostname, username, password, search, hash } = new URL(server)
  if (protocol !== 'https:' && !['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
    fail('server-url is not https: the token would travel in the open.')
  if (username || password || search || hash)
    fail(
      'server-url holds a user, a password, ? or #; it is the address alone, such as https://ferry.example.com.',
    )
  return server
}

function oneOf<const W extends string>(name: string, text: string, words: readonly W[]): W {
  return words.find((word) => word === text) ?? fail(`${name} is not one of ${words.join(', ')}.`)
}

function time(name: string, text: string, range: { readonly min: string; readonly max: string }): number {
  try {
    return duration(name, range).parse(text)
  } catch (error) {
    return fail(`${name}: ${error instanceof Error ? error.message : ''}`)
  }
}

function fail(sentence: string): never {
  throw new Refusal('bad-input', sentence)
}
