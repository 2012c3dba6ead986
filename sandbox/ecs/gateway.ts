import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cloud } from './cloud.ts'
import { EcsError, refusal } from './errors.ts'
import type { FaultPlan, FaultRule } from './faults.ts'
import { text } from './fields.ts'
import { OPERATIONS } from './operations/catalogue.ts'
import { requireFields } from './operations/operation.ts'
import type { Operation, Reply } from './operations/operation.ts'
import type { SignatureCheck } from './signature.ts'
import type { Tokens } from './tokens.ts'
import { unflatten } from './wire.ts'
import type { Fields } from './wire.ts'

/** A sandbox may run for days; the list of calls must not grow with it. */
const MOST_CALLS = 10_000

/** A call that was seen, in the order of arrival. */
export interface Call {
  readonly at: string
  readonly requestId: string
  readonly action: string
  readonly params: Readonly<Record<string, string>>
  /** What was answered; 0 when nothing was. */
  status: number
  code?: string
}

/** What the gateway works with. */
export interface Gateway {
  readonly cloud: Cloud
  readonly faults: FaultPlan
  readonly signatures: SignatureCheck
  readonly tokens: Tokens
  readonly calls: Call[]
  /** Ends faults that hold an answer back. */
  readonly stopping: AbortSignal
}

/** What is sent, or what is done to the connection instead. */
type Answer =
  | {
      readonly status: number
      readonly body: string
      readonly type: string
      readonly headers?: Record<string, string>
    }
  | 'reset'
  | 'silence'

type Pairs = readonly (readonly [string, string])[]

/** Answers one API call: who asks, which operation, what goes wrong on purpose, and only then the operation itself. */
export async function serveCall(
  gateway: Gateway,
  incoming: IncomingMessage,
  body: Buffer,
  outgoing: ServerResponse,
) {
  const url = new URL(incoming.url ?? '/', 'http://sandbox')
  const isForm = incoming.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false
  const query = [...url.searchParams]
  const pairs: Pairs = isForm ? [...query, ...new URLSearchParams(body.toString('utf8'))] : query
  const params = Object.fromEntries(pairs)
  const action = headerText(incoming, 'x-acs-action') ?? params['Action'] ?? ''
  const requestId = randomUUID().toUpperCase()
  const call: Call = { at: new Date().toISOString(), requestId, action, params, status: 0 }
  gateway.calls.push(call)
  if (gateway.calls.length > MOST_CALLS) gateway.calls.shift()

  const reply = async (): Promise<Answer> => {
    const { method = '', headers } = incoming
    gateway.signatures.verify({ method, path: url.pathname, query, headers, body })
    const operation = OPERATIONS.get(action)
    if (!operation) throw refusal('InvalidAction.NotFound')
    // After the signature, so that only calls that would have worked are counted.
    const rule = gateway.faults.meet(action)
    const early = rule && (await suffer(gateway, rule))
    if (early) return early
    const result = await perform(gateway, operation, unflatten(pairs), pairs)
    if (rule?.kind === 'lost-reply') return 'reset'
    return json(200, { RequestId: requestId, ...(rule?.kind === 'empty' ? emptied(result) : result) })
  }
  const answer = await reply().catch((error: unknown) => failure(gateway, call, error))
  if (answer === 'silence') return
  if (answer === 'reset') {
    incoming.socket.resetAndDestroy()
    return
  }
  call.status = answer.status
  outgoing.writeHead(answer.status, { 'content-type': answer.type, ...answer.headers })
  outgoing.end(answer.body)
}

async function perform(
  { cloud, tokens }: Gateway,
  operation: Operation,
  fields: Fields,
  pairs: Pairs,
): Promise<Reply> {
  requireFields(operation, fields)
  const region = text(fields, 'RegionId')
  if (region !== undefined && region !== cloud.settings.region) throw refusal('InvalidRegionId.NotFound')
  const hasMoved = cloud.turn()
  const reply = await tokens.once(cloud, operation, pairs, async () => operation.run(fields, cloud))
  const hasMovedMore = cloud.turn()
  // A reading call waits too when something has moved: what was once told must not be taken back by a crash.
  await (operation.changes || hasMoved || hasMovedMore ? cloud.commit() : cloud.settled())
  return reply
}

/** Carries out a fault that comes before the operation; undefined lets the call go on. */
async function suffer(gateway: Gateway, rule: FaultRule): Promise<Answer | undefined> {
  if (rule.delayMs !== undefined) {
    await delay(rule.delayMs, undefined, { signal: gateway.stopping }).catch(() => undefined)
  }
  switch (rule.kind) {
    case 'error':
      throw new EcsError(rule.code ?? 'InternalError', rule.status ?? 500, rule.message ?? 'Injected fault.')
    case 'throttle': {
      const { code, status, message } = refusal('Throttling.User')
      throw new EcsError(rule.code ?? code, status, rule.message ?? message, rule.retryAfterMs ?? 100)
    }
    case 'reset':
      return 'reset'
    case 'html':
      return { status: rule.status ?? 502, type: 'text/html', body: '<html><h1>502 Bad Gateway</h1></html>' }
    case 'hang':
      return rule.delayMs === undefined ? 'silence' : undefined
    case 'lost-reply':
    case 'empty':
      return undefined
  }
}

/** The answer of somebody who does not know of anything. */
function emptied(reply: Reply): Reply {
  const isList = (value: unknown): boolean => typeof value === 'object' && value !== null
  return Object.fromEntries(
    Object.entries(reply).map(([name, value]) => [
      name,
      name === 'TotalCount' ? 0 : isList(value) ? {} : value,
    ]),
  )
}

function failure(gateway: Gateway, call: Call, error: unknown): Answer {
  const known = error instanceof EcsError ? error : refusal('InternalError')
  // The caller is told nothing of a bug of ours; whoever runs the sandbox is.
  if (known !== error) process.emitWarning(error instanceof Error ? error : String(error))
  call.code = known.code
  const body = {
    RequestId: call.requestId,
    HostId: `ecs.${gateway.cloud.settings.region}.aliyuncs.com`,
    Code: known.code,
    Message: known.message,
    Recommend: `https://api.aliyun.com/troubleshoot?q=${known.code}&product=Ecs`,
  }
  const { retryAfterMs } = known
  const headers = retryAfterMs === undefined ? {} : { 'x-acs-retry-after': String(retryAfterMs) }
  return { ...json(known.status, body), headers }
}

function json(status: number, body: Reply) {
  return { status, type: 'application/json;charset=utf-8', body: JSON.stringify(body) }
}

function headerText(incoming: IncomingMessage, name: string): string | undefined {
  const value = incoming.headers[name]
  return typeof value === 'string' ? value : undefined
}
