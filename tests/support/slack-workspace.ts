/**
 * A Slack workspace: the emulated Web API behind a front that refuses what the real one would (blocks over a limit),
 * fails when it is told to, takes answers at response addresses, and remembers all of it.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createEmulator } from 'emulate'
import { NEWER_BLOCKS, problemsOfBlocks, problemsOfView } from './slack-limits.ts'

type Loose = Readonly<Record<string, unknown>>

/** One call of the Web API (`chat.update`), or an answer at a response address (`respond`). */
export interface Call {
  readonly method: string
  readonly args: Loose
  readonly at: number
  /** What was answered: `ok`, or the error. */
  readonly answer: string
}

export interface SlackWorkspace {
  readonly apiUrl: string
  readonly token: string
  readonly calls: Call[]
  /** Problems that the real Slack would have refused a message for. */
  readonly problems: string[]
  userId(name: string): string
  channelId(name: string): string
  readonly botUserId: string
  /** A trigger of this user, as every command and button carries one. */
  triggerId(user: string): Promise<string>
  /** An address to answer a request of a channel at; what comes there is in `calls` as `respond`. */
  responseUrl(channel: string): string
  /** The next `times` calls of a method are answered so. */
  fail(method: string, times: number, how: Failure): void
  /** From now on charts are refused, or all newer kinds of blocks, or all blocks. */
  refuseBlocks(which: Refused): void
  /** The messages of a channel, oldest first. */
  messages(channel: string): Promise<readonly Loose[]>
  replies(channel: string, ts: string): Promise<readonly Loose[]>
  /** The view of an id as it was last opened or updated. */
  readonly views: ReadonlyMap<string, Loose>
  /** Asks the Web API as the bot does, past the record. */
  ask(method: string, args: Loose): Promise<Loose>
  close(): Promise<void>
}

type Refused = 'charts' | 'newer' | 'all' | 'none'

export type Failure =
  | { readonly status: number; readonly retryAfter?: number }
  | { readonly error: string }
  /** It happens, but the answer is lost. */
  | { readonly lost: true }

const TOKEN = 'xoxb-ferry-in-tests'
const SCOPES = [
  'chat:write',
  'channels:read',
  'channels:history',
  'groups:history',
  'im:write',
  'files:write',
]

export async function openSlackWorkspace(names: {
  readonly users: readonly string[]
  readonly channels: readonly string[]
  readonly others?: (method: string, args: Loose) => Loose | undefined
}): Promise<SlackWorkspace> {
  const emulator = await createEmulator({
    service: 'slack',
    port: 0,
    hostname: '127.0.0.1',
    seed: {
      slack: {
        team: { name: 'Acme', domain: 'acme' },
        users: names.users.map((name) => ({ name, email: `${name}@acme.example` })),
        channels: names.channels.map((name) => ({ name })),
        oauth_apps: [
          {
            ...{ client_id: '1.2', client_secret: 'the-client-secret', app_id: 'A1', name: 'Ferry' },
            ...{
              redirect_uris: ['http://127.0.0.1/slack/oauth_redirect'],
              scopes: SCOPES,
              bot_name: 'ferry',
            },
          },
        ],
        tokens: [{ token: TOKEN, user: 'ferry', app_id: 'A1', scopes: SCOPES }],
      },
    },
  })
  const ask = async (method: string, args: Loose): Promise<Loose> => {
    const response = await fetch(`${emulator.url}/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(args),
    })
    return (await response.json()) as Loose
  }
  const calls: Call[] = []
  const problems: string[] = []
  const views = new Map<string, Loose>()
  const failures = new Map<string, Failure[]>()
  let refused: Refused = 'none'

  const isRefused = (blocks: unknown): boolean =>
    Array.isArray(blocks) &&
    blocks.length > 0 &&
    (refused === 'all' || blocks.some((block) => isNewer(String((block as Loose)['type']))))
  const isNewer = (type: string): boolean =>
    (refused === 'newer' && NEWER_BLOCKS.has(type)) || (refused === 'charts' && type === 'data_visualization')

  /** What the real Slack would say to the blocks of a call. */
  const verdict = (method: string, { blocks, view }: Loose): string | undefined => {
    const shown = (view as Loose | undefined)?.['blocks'] ?? blocks
    if (isRefused(shown)) return view === undefined ? 'invalid_blocks' : 'invalid_arguments'
    const found =
      view === undefined ? (blocks === undefined ? [] : problemsOfBlocks(blocks)) : problemsOfView(view)
    problems.push(...found.map((problem) => `${method}: ${problem}`))
    return found.length > 0 ? 'invalid_blocks' : undefined
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request)
    const url = new URL(request.url ?? '/', 'http://slack')
    const isAnswer = url.pathname.startsWith('/responses/')
    const method = isAnswer ? 'respond' : url.pathname.replace(/^\/api\//, '')
    const args = argsOf(body, request.headers['content-type'] ?? '')
    const note = (answer: string): void => void calls.push({ method, args, at: Date.now(), answer })
    const failure = failures.get(method)?.shift()
    if (failure !== undefined && 'status' in failure) {
      note(String(failure.status))
      const headers = failure.retryAfter === undefined ? {} : { 'retry-after': String(failure.retryAfter) }
      response.writeHead(failure.status, headers).end('{"ok":false,"error":"ratelimited"}')
      return
    }
    const error = failure !== undefined && 'error' in failure ? failure.error : verdict(method, args)
    if (error !== undefined) {
      note(error)
      return json(response, isAnswer ? 400 : 200, { ok: false, error })
    }
    const other = names.others?.(method, args)
    if (other !== undefined || isAnswer) {
      note('ok')
      return json(response, 200, other ?? { ok: true })
    }
    const passed = await fetch(`${emulator.url}${request.url ?? '/'}`, {
      method: request.method ?? 'POST',
      headers: headersOf(request),
      ...(request.method === 'GET' ? {} : { body }),
      redirect: 'manual',
    })
    const text = await passed.text()
    const answered = (text.startsWith('{') ? JSON.parse(text) : {}) as Loose
    note(answered['ok'] === false ? String(answered['error']) : 'ok')
    const view = answered['view'] as Loose | undefined
    if (view !== undefined && args['view'] !== undefined)
      views.set(String(view['id']), { ...(args['view'] as Loose), id: view['id'] })
    if (failure !== undefined) return void response.destroy()
    const location = passed.headers.get('location')
    response
      .writeHead(passed.status, {
        'content-type': passed.headers.get('content-type') ?? 'application/json',
        ...(location === null ? {} : { location }),
      })
      .end(text)
  }
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const { members } = (await ask('users.list', {})) as { members: { id: string; name: string }[] }
  const { channels } = (await ask('conversations.list', { limit: 200 })) as {
    channels: { id: string; name: string }[]
  }
  const { user_id: botUserId } = await ask('auth.test', {})
  const idOf = (all: readonly { id: string; name: string }[], name: string): string => {
    const found = all.find((each) => each.name === name)
    if (found === undefined) throw new Error(`the workspace has no ${name}`)
    return found.id
  }
  for (const name of names.channels) await ask('conversations.join', { channel: idOf(channels, name) })
  let nth = 0

  return {
    ...{ apiUrl: `${origin}/api/`, token: TOKEN, calls, problems, views, ask },
    botUserId: String(botUserId),
    userId: (name) => idOf(members, name),
    channelId: (name) => idOf(channels, name),
    triggerId: async (user) => {
      const { trigger_id: id } = await ask('views.generateTriggerId', { user_id: idOf(members, user) })
      return String(id)
    },
    responseUrl: (channel) => `${origin}/responses/${channel}/${(nth += 1)}`,
    fail: (method, times, how) => {
      failures.set(method, [...(failures.get(method) ?? []), ...Array<Failure>(times).fill(how)])
    },
    refuseBlocks: (which) => {
      refused = which
    },
    messages: async (channel) => {
      const { messages = [] } = (await ask('conversations.history', {
        ...{ channel, limit: 200, include_all_metadata: true },
      })) as { messages?: Loose[] }
      return [...messages].reverse()
    },
    replies: async (channel, ts) => {
      const { messages = [] } = (await ask('conversations.replies', { channel, ts, limit: 200 })) as {
        messages?: Loose[]
      }
      return messages.filter((message) => message['ts'] !== ts)
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await emulator.close()
    },
  }
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return {
    'content-type': headers['content-type'] ?? 'application/json',
    ...(headers.authorization === undefined ? {} : { authorization: headers.authorization }),
    ...(headers.cookie === undefined ? {} : { cookie: headers.cookie }),
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The web client sends forms in which objects are JSON. */
function argsOf(body: Buffer, type: string): Loose {
  const text = body.toString('utf8')
  if (type.includes('json')) return text === '' ? {} : (JSON.parse(text) as Loose)
  if (!type.includes('urlencoded')) return {}
  return Object.fromEntries(
    [...new URLSearchParams(text)].map(([key, value]) => {
      const isJson = ['blocks', 'view', 'metadata', 'attachments', 'files'].includes(key)
      return [key, isJson ? (JSON.parse(value) as unknown) : value]
    }),
  )
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
