/**
 * The bot as the Action asks it: whatever is lost on the way is sent again, and nothing is carried out twice. What
 * changes something carries a key; a bot that is being restarted is asked again until `patience` has passed.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Reply } from '../core/commands/reply.ts'
import type { Credentials } from './credentials.ts'
import { Failure } from './failure.ts'

/** A request that takes longer has been lost. */
const REQUEST_MS = 30_000
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 5000
/** Replies that say nothing of the request, only of this moment. */
const NOT_NOW: readonly string[] = ['unavailable', 'busy']

export interface Request {
  /** A line as people type it, or a command's name. */
  readonly text: string
  readonly args?: Readonly<Record<string, string>>
  readonly confirmed?: boolean
  readonly dryRun?: boolean
}

export interface Bot {
  /** `key`: with it the request is carried out once, however often it is sent. Throws `Failure`. */
  ask(request: Request, key?: string): Promise<Reply>
}

export interface BotParts {
  readonly server: string
  readonly patienceMs: number
  readonly credentials: Credentials
  /** Aborted when there is no time left for an answer: the run was cancelled. */
  readonly hurry: AbortSignal
  readonly say: (line: string) => void
}

export function createBot({ server, patienceMs, credentials, hurry, say }: BotParts): Bot {
  const send = async (request: Request, key: string | undefined): Promise<Reply | Again> => {
    const authorization = await credentials.current()
    const answer = await post(`${server}/api/commands`, {
      hurry,
      headers: { authorization, ...(key === undefined ? {} : { 'idempotency-key': key }) },
      body: JSON.stringify({ ...request, door: 'action' }),
    })
    if ('again' in answer) return answer
    const { status, body } = answer
    const reply = asReply(body)
    if (status === 401 && reply?.code.startsWith('session-') && credentials.renew())
      return { again: reply.title }
    if (reply === undefined) return notABot(server, status)
    // A look that failed is worth another one; a command that failed is told as it is.
    const isPassing = NOT_NOW.includes(reply.code) || (key === undefined && reply.code === 'internal')
    return isPassing ? { again: reply.title, reply } : reply
  }

  return {
    ask: (request, key) => patiently({ patienceMs, hurry, say, server }, () => send(request, key)),
  }
}

/** It is worth asking again; `reply`: what is told when time is up. */
export interface Again {
  readonly again: string
  /** The code of the failure when time is up; the bot cannot be reached, if left out. */
  readonly code?: string
  readonly reply?: Reply
}

/** Tries until there is something else than `Again`, or time is up. */
export async function patiently<T extends object>(
  parts: Pick<BotParts, 'patienceMs' | 'hurry' | 'say' | 'server'>,
  attempt: () => Promise<T | Again>,
): Promise<T> {
  const end = Date.now() + parts.patienceMs
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
    const got = await attempt()
    if (!('again' in got)) return got
    if (Date.now() + wait > end || parts.hurry.aborted) {
      // What was answered last is a reply of this very kind, when there is one.
      if (got.reply !== undefined) return got.reply as unknown as T
      if (got.code !== undefined) throw new Failure(got.code, got.again)
      throw new Failure(
        'bot-unreachable',
        `No bot answers at ${parts.server}. ${got.again} Look whether it runs, and whether ${parts.server}/healthz is reached from this runner. Whatever was begun goes on without this step.`,
      )
    }
    parts.say(`${got.again} Asking again in ${(wait / 1000).toFixed(1)} s.`)
    await pause(wait, undefined, { signal: parts.hurry }).catch(() => undefined)
  }
}

/** Posts and reads the answer as JSON; what may be a restart or a load balancer speaking is `Again`. */
export async function post(
  url: string,
  options: {
    readonly headers: Readonly<Record<string, string>>
    readonly body?: string
    readonly hurry: AbortSignal
  },
): Promise<{ readonly status: number; readonly body: unknown } | Again> {
  const { headers, body, hurry } = options
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.any([AbortSignal.timeout(REQUEST_MS), hurry]),
      // A redirect would carry the token to wherever it leads.
      redirect: 'error',
    })
    const read: unknown = await response.json().catch(() => undefined)
    const { status } = response
    const isPassing =
      status === 429 || status === 502 || status === 504 || (status >= 500 && asReply(read) === undefined)
    return isPassing ? { again: `The bot answered with status ${status}.` } : { status, body: read }
  } catch (error) {
    return { again: `The bot could not be reached (${reasonOf(error)}).` }
  }
}

/** The reply in a body; undefined when what answered is no bot. */
export function asReply(body: unknown): Reply | undefined {
  const { outcome, code, title } = (body ?? {}) as Partial<Reply>
  const isReply = typeof outcome === 'string' && typeof code === 'string' && typeof title === 'string'
  return isReply ? { ...(body as Reply), facts: (body as Partial<Reply>).facts ?? {} } : undefined
}

export function notABot(server: string, status: number): never {
  throw new Failure('not-a-bot', `What answers at ${server} is not a Ferry bot (status ${status}).`)
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
  return code ?? (cause instanceof Error ? cause.message : String(cause))
}
