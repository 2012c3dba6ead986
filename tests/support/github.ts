/**
 * GitHub on loopback. Users, repositories, comments, checks, the App’s tokens and permissions are `emulate`’s; what it
 * lacks stands here: reactions, workflow runs and their gates, deployments, and the App’s list of deliveries. Every
 * body that is sent is held against GitHub’s own description, and every call is written down.
 */
import { createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createEmulator } from 'emulate'
import type { Route } from '../../bot/github/calls.ts'
import { permissions } from '../../bot/github/calls.ts'
import { EVENTS } from '../../bot/github/events.ts'
import { eventually } from './eventually.ts'
import { openApi } from './openapi.ts'

export const WEBHOOK_SECRET = 'a-webhook-secret-of-32-characters'
const APP_ID = 4711
const INSTALLATION = 100

export interface GitHubCall {
  readonly route: string
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  readonly status: number
}

export interface Run {
  readonly id: number
  attempt: number
  status: 'waiting' | 'in_progress' | 'completed'
  readonly title: string
  readonly environment: string
  readonly actor: string
  triggeringActor: string
  /** What the gate was answered with. */
  decision: 'approved' | 'rejected' | undefined
  /** The comment of the decision, and before it the status reports. */
  readonly comments: string[]
}

export interface SentDelivery {
  readonly id: number
  readonly guid: string
  readonly event: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly at: Date
  status: number
}

export interface Comment {
  readonly id: number
  readonly body: string
  readonly user: { readonly login: string; readonly type: string }
}

export interface GitHub {
  /** What the bot is started with. */
  readonly env: Readonly<Record<string, string>>
  /** `ada/operations`: ada owns it, olga and paula may write, vera may read, mallory is nobody. */
  readonly repository: string
  readonly repositoryId: number
  readonly calls: readonly GitHubCall[]
  readonly deliveries: readonly SentDelivery[]
  /** By comment, who reacted how. */
  readonly reactions: ReadonlyMap<number, readonly string[]>
  readonly runs: ReadonlyMap<number, Run>
  readonly deployments: readonly Readonly<Record<string, unknown>>[]
  /** The states of the newest deployment to an environment, oldest first. */
  statuses(environment: string): readonly string[]
  /** Where webhooks go; undefined: they are lost. */
  sendTo(url: string | undefined): void
  idOf(login: string): number
  openIssue(title: string): Promise<number>
  /** Writes a comment as somebody; GitHub then tells the App. */
  comment(issue: number, as: string, body: string): Promise<number>
  edit(comment: number, as: string, body: string): Promise<void>
  comments(issue: number): Promise<readonly Comment[]>
  /** Waits for the App’s answer to a comment: its newest one that was written after it. */
  answer(issue: number, after: number): Promise<Comment>
  checks(): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** A job of a workflow asks to run in an environment. `silent`: the webhook is lost. */
  startRun(options: {
    readonly actor: string
    readonly environment: string
    readonly title?: string
    readonly silent?: boolean
  }): Promise<Run>
  /** Another job of a run asks to run in its environment. */
  askAgain(run: Run): Promise<void>
  /** While it says so nothing is answered, and nothing happens. */
  away(isAway: () => boolean): void
  /** What happens between the next call of this route and its answer. */
  meanwhile(route: Route, work: () => Promise<void>): void
  cancel(run: Run): void
  /** A reviewer of the environment clicks. */
  review(run: Run, as: string, action: 'approved' | 'rejected', comment?: string): Promise<void>
  /** Somebody presses a button of a check. */
  press(check: Readonly<Record<string, unknown>>, as: string, identifier: string): Promise<void>
  /** Sends a webhook; signed with the App’s secret unless told otherwise. Returns the bot’s status. */
  send(
    event: string,
    payload: Readonly<Record<string, unknown>>,
    options?: { readonly guid?: string; readonly secret?: string },
  ): Promise<number>
  /** The next calls of this route answer so. `lost`: it is done, but nobody hears of it. */
  fail(route: Route, ...answers: (number | 'lost')[]): void
}

const USERS = ['ada', 'olga', 'oscar', 'paula', 'pete', 'vera', 'mallory'] as const

/** Starts it; `stop` is called with the test file by whoever started it. */
export async function startGitHub(): Promise<GitHub & { stop(): Promise<void> }> {
  const api = openApi()
  const calls: GitHubCall[] = []
  const deliveries: SentDelivery[] = []
  const reactions = new Map<number, string[]>()
  const runs = new Map<number, Run>()
  const deployments: Record<string, unknown>[] = []
  const statuses = new Map<number, Record<string, unknown>[]>()
  const faults = new Map<string, (number | 'lost')[]>()
  let isRefused = (): boolean => false
  const meanwhiles = new Map<string, () => Promise<void>>()
  let target: string | undefined
  let upstream = ''
  let next = 9000

  const send: GitHub['send'] = async (
    event,
    payload,
    { guid = randomUUID(), secret = WEBHOOK_SECRET } = {},
  ) => {
    const body = JSON.stringify(payload)
    const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
    const headers = { 'x-github-event': event, 'x-github-delivery': guid, 'x-hub-signature-256': signature }
    return pass(event, guid, body, headers)
  }
  const pass = async (
    event: string,
    guid: string,
    body: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<number> => {
    const payload = JSON.parse(body) as Record<string, unknown>
    const delivery: SentDelivery = { id: ++next, guid, event, payload, at: new Date(), status: 0 }
    deliveries.push(delivery)
    if (target === undefined) return (delivery.status = 502)
    try {
      const response = await fetch(`${target}/github/webhooks`, {
        ...{ method: 'POST', body },
        headers: { 'content-type': 'application/json', ...headers },
      })
      delivery.status = response.status
    } catch {
      delivery.status = 502
    }
    return delivery.status
  }

  /** What emulate lacks. Undefined: it has it. */
  const own: Readonly<
    Record<string, (path: string, body: Record<string, unknown>, query: URLSearchParams) => unknown>
  > = {
    'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions': (path, { content }) => {
      const id = Number(path.split('/')[6])
      reactions.set(id, [...new Set([...(reactions.get(id) ?? []), String(content)])])
      return { id: next++, content }
    },
    'GET /repos/{owner}/{repo}/actions/runs': (_path, _body, query) => ({
      workflow_runs: [...runs.values()]
        .filter(({ status }) => status === query.get('status'))
        .map((run) => asRun(run)),
    }),
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}': (path) => {
      const run = runs.get(Number(path.split('/')[6]))
      return run && asRun(run)
    },
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments': (path) => {
      const run = runs.get(Number(path.split('/')[6]))
      return run?.status === 'waiting' ? [{ environment: { id: 1, name: run.environment } }] : []
    },
    'POST /repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule': (path, body) => {
      const run = runs.get(Number(path.split('/')[6]))
      if (run?.status !== 'waiting' || run.environment !== body['environment_name']) return 422
      if (run.comments.length >= 11) return 422
      if (typeof body['comment'] === 'string') run.comments.push(body['comment'])
      if (body['state'] === 'approved') Object.assign(run, { decision: 'approved', status: 'in_progress' })
      if (body['state'] === 'rejected') Object.assign(run, { decision: 'rejected', status: 'completed' })
      return null
    },
    'GET /app/hook/deliveries': (_path, _body, query) =>
      deliveries
        .filter(({ status }) => query.get('status') !== 'failure' || status >= 400)
        .map(({ id, guid, event, payload, at }) => ({
          ...{ id, guid, event, action: payload['action'] ?? null, delivered_at: at.toISOString() },
        })),
    'POST /app/hook/deliveries/{delivery_id}/attempts': (path) => {
      const delivery = deliveries.find(({ id }) => id === Number(path.split('/')[4]))
      if (delivery === undefined) return undefined
      void send(delivery.event, delivery.payload, { guid: delivery.guid })
      return {}
    },
    'GET /repos/{owner}/{repo}/deployments': (_path, _body, query) =>
      deployments.filter(({ environment }) => environment === query.get('environment')),
    'POST /repos/{owner}/{repo}/deployments': (_path, body) => {
      const deployment = { id: ++next, sha: 'c0ffee', ...body, statuses_url: '' }
      deployments.unshift(deployment)
      statuses.set(deployment.id, [])
      return deployment
    },
    'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses': (path) =>
      statuses.get(Number(path.split('/')[5])),
    'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses': (path, body) => {
      const status = { id: ++next, ...body }
      statuses.get(Number(path.split('/')[5]))?.unshift(status)
      return status
    },
  }

  const asRun = (run: Run): unknown => ({
    ...{ id: run.id, run_attempt: run.attempt, display_title: run.title, status: run.status },
    html_url: `https://github.test/${github.repository}/actions/runs/${run.id}`,
    ...{ event: 'workflow_dispatch', head_branch: 'main', head_sha: 'c0ffee' },
    actor: { login: run.actor, id: github.idOf(run.actor), type: 'User' },
    triggering_actor: { login: run.triggeringActor, id: github.idOf(run.triggeringActor), type: 'User' },
    repository: { id: github.repositoryId, full_name: github.repository },
  })

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://github.test')
    const text = await textOf(request)
    const reply = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(status === 204 ? undefined : JSON.stringify(body))
    }
    if (url.pathname === '/_webhooks') {
      const name = one(request.headers, 'x-github-event')
      // An App hears only of what it subscribes to; emulate also tells of its own hooks.
      const headers = { 'x-hub-signature-256': one(request.headers, 'x-hub-signature-256') }
      const guid = one(request.headers, 'x-github-delivery')
      await pass(name, guid, text, { 'x-github-event': name, 'x-github-delivery': guid, ...headers })
      return reply(200, {})
    }
    if (isRefused()) return void response.destroy()
    const method = request.method ?? 'GET'
    const route = api.route(method, url.pathname)
    const body = text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>)
    const isToken = url.pathname.endsWith('/access_tokens')
    if (route === undefined) return reply(404, { message: `${method} ${url.pathname} is no route of GitHub` })
    const problem = isToken ? undefined : api.problem(route, body)
    const fault = faults.get(route)?.shift()
    const note = (status: number): void =>
      void calls.push({ route, path: url.pathname, body: body ?? {}, status })
    if (problem !== undefined) {
      note(422)
      return reply(422, { message: `the body is not as GitHub describes it: ${problem}` })
    }
    if (typeof fault === 'number') {
      note(fault)
      const later = fault === 429 ? { 'retry-after': '1' } : {}
      response.writeHead(fault, { 'content-type': 'application/json', ...later })
      response.end(JSON.stringify({ message: `a fault of the test: ${fault}` }))
      return
    }
    const handler = own[route]
    const done =
      handler === undefined
        ? await forward(upstream, request, text)
        : handled(handler(url.pathname, body ?? {}, url.searchParams))
    note(done.status)
    const meanwhile = meanwhiles.get(route)
    meanwhiles.delete(route)
    await meanwhile?.()
    if (fault === 'lost') return void response.destroy()
    response.writeHead(done.status, { 'content-type': 'application/json' })
    response.end(done.status === 204 ? undefined : done.text)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(500).end(JSON.stringify({ message: String(error) }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const emulator = await startEmulator(`${url}/_webhooks`)
  upstream = emulator.url

  const as = async <T>(login: string, method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${upstream}${path}`, {
      method,
      headers: { authorization: `Bearer ghp_${login}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok)
      throw new Error(`${method} ${path} as ${login}: ${response.status} ${await response.text()}`)
    return (response.status === 204 ? undefined : await response.json()) as T
  }
  const ids = new Map<string, number>()
  for (const login of USERS) ids.set(login, (await as<{ id: number }>('ada', 'GET', `/users/${login}`)).id)
  const repository = 'ada/operations'
  const found = await as<{ id: number }>('ada', 'GET', `/repos/${repository}`)
  for (const [login, permission] of [
    ['olga', 'push'],
    ['oscar', 'push'],
    ['paula', 'push'],
    ['pete', 'push'],
    ['vera', 'pull'],
  ] as const)
    await as('ada', 'PUT', `/repos/${repository}/collaborators/${login}`, { permission })

  const somebody = (login: string) => ({ login, id: github.idOf(login), type: 'User' })
  const context = () => ({
    repository: { id: found.id, full_name: repository, private: true, visibility: 'private' },
    installation: { id: INSTALLATION },
  })
  const askGate = ({ id, environment, actor }: Run) =>
    send('deployment_protection_rule', {
      ...{ action: 'requested', environment, event: 'workflow_dispatch', ...context() },
      deployment_callback_url: `${url}/repos/${repository}/actions/runs/${id}/deployment_protection_rule`,
      ...{ deployment: { id: ++next }, pull_requests: [], sender: somebody(actor) },
    })
  const github: GitHub = {
    env: {
      GITHUB_APP_ID: String(APP_ID),
      GITHUB_PRIVATE_KEY: emulator.privateKey,
      GITHUB_WEBHOOK_SECRET: WEBHOOK_SECRET,
      GITHUB_API_URL: url,
    },
    ...{ repository, repositoryId: found.id, calls, deliveries, reactions, runs, deployments, send },
    statuses: (environment) => {
      const newest = deployments.find((deployment) => deployment['environment'] === environment)
      return (statuses.get(Number(newest?.['id'])) ?? []).map(({ state }) => String(state)).reverse()
    },
    sendTo: (to) => {
      target = to
    },
    idOf: (login) => ids.get(login) ?? 0,
    openIssue: async (title) =>
      (await as<{ number: number }>('ada', 'POST', `/repos/${repository}/issues`, { title })).number,
    comment: async (issue, login, body) =>
      (await as<{ id: number }>(login, 'POST', `/repos/${repository}/issues/${issue}/comments`, { body })).id,
    edit: (comment, login, body) =>
      as(login, 'PATCH', `/repos/${repository}/issues/comments/${comment}`, { body }),
    comments: (issue) => as('ada', 'GET', `/repos/${repository}/issues/${issue}/comments?per_page=100`),
    answer: (issue, after) =>
      eventually(`the answer to comment ${after}`, async () =>
        (await github.comments(issue)).findLast(({ id, user }) => user.type === 'Bot' && id > after),
      ),
    checks: async () => {
      const { sha } = await as<{ sha: string }>('ada', 'GET', `/repos/${repository}/commits/main`)
      const path = `/repos/${repository}/commits/${sha}/check-runs?filter=all`
      return (await as<{ check_runs: Record<string, unknown>[] }>('ada', 'GET', path)).check_runs
    },
    startRun: async ({ actor, environment, title = 'cutover', silent = false }) => {
      const run: Run = {
        ...{ id: ++next, attempt: 1, status: 'waiting', title, environment, actor, triggeringActor: actor },
        ...{ decision: undefined, comments: [] },
      }
      runs.set(run.id, run)
      if (!silent) await askGate(run)
      return run
    },
    askAgain: async (run) => {
      Object.assign(run, { status: 'waiting', decision: undefined })
      await askGate(run)
    },
    away: (isAway) => {
      isRefused = isAway
    },
    meanwhile: (route, work) => void meanwhiles.set(route, work),
    cancel: (run) => {
      run.status = 'completed'
    },
    review: async (run, login, action, comment = '') => {
      await send('deployment_review', {
        ...{ action, ...context(), approver: somebody(login), sender: somebody(login), comment },
        workflow_job_runs: [{ id: ++next, environment: run.environment }],
        workflow_run: { id: run.id, run_attempt: run.attempt },
      })
    },
    press: async (check, login, identifier) => {
      await send('check_run', {
        ...{ action: 'requested_action', ...context(), sender: somebody(login), check_run: check },
        requested_action: { identifier },
      })
    },
    fail: (route, ...answers) => void faults.set(route, answers),
  }
  return {
    ...github,
    stop: async () => {
      server.close()
      server.closeAllConnections()
      await emulator.close()
    },
  }
}

/** 404 for what there is not, a status as a number, else 200 or 201. */
function handled(result: unknown): { readonly status: number; readonly text: string } {
  if (result === undefined) return { status: 404, text: '{"message":"Not Found"}' }
  if (typeof result === 'number') return { status: result, text: '{"message":"Unprocessable"}' }
  return { status: result === null ? 204 : 200, text: JSON.stringify(result) }
}

async function forward(
  upstream: string,
  request: IncomingMessage,
  body: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const authorization = one(request.headers, 'authorization')
  const response = await fetch(`${upstream}${request.url ?? '/'}`, {
    method: request.method ?? 'GET',
    headers: { authorization, 'content-type': 'application/json', accept: 'application/json' },
    ...(body === '' ? {} : { body }),
  })
  // emulate answers with the words that collaborators are added by; GitHub has others for what they may do.
  const text = (await response.text()).replace(/"permission":"(push|pull)"/, (_, word) =>
    word === 'push' ? '"permission":"write"' : '"permission":"read"',
  )
  return { status: response.status, text }
}

const one = (headers: IncomingHttpHeaders, name: string): string => String(headers[name] ?? '')

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** A port that is free now: emulate takes none that it chooses itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function startEmulator(webhookUrl: string): Promise<{
  readonly url: string
  readonly privateKey: string
  close(): Promise<void>
}> {
  const port = await freePort()
  const emulator = await createEmulator({
    service: 'github',
    port,
    hostname: '127.0.0.1',
    seed: {
      tokens: Object.fromEntries(
        USERS.map((login) => [`ghp_${login}`, { login, scopes: ['repo', 'admin:org'] }]),
      ),
      github: {
        users: USERS.map((login) => ({ login })),
        repos: [{ owner: 'ada', name: 'operations', auto_init: true, private: true }],
        apps: [
          {
            ...{ app_id: APP_ID, slug: 'ferry', name: 'Ferry' },
            ...{ webhook_url: webhookUrl, webhook_secret: WEBHOOK_SECRET },
            permissions: permissions(),
            events: [...new Set(EVENTS.map((event) => event.split('.')[0] ?? ''))],
            installations: [{ installation_id: INSTALLATION, account: 'ada', repository_selection: 'all' }],
          },
        ],
      },
    },
  })
  const key = emulator.generatedSecrets.find(({ kind }) => kind === 'github.app_private_key')
  if (key === undefined) throw new Error('emulate has made no key for the App')
  return {
    url: `http://127.0.0.1:${port}`,
    privateKey: key.value,
    close: () => emulator.close(),
  }
}
