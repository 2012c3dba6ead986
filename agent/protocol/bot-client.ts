/** How a machine calls the bot: JSON over HTTP(S), signed once the machine is known. */
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { z } from 'zod'
import { signedHeaders } from './signing.ts'

/** Who signs: the machine's id and its private key (PKCS#8 PEM). */
export interface Signer {
  readonly machine: string
  readonly privateKey: string
}

/** The bot answered, and not with 200: `status` says how. */
export class BotRefusal extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const REPLY_BYTES = 1024 * 1024

function post(url: URL, body: string, headers: Record<string, string>, signal: AbortSignal): Promise<string> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const call = send(
      url,
      {
        method: 'POST',
        signal,
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      },
      (reply) => {
        let text = ''
        reply.setEncoding('utf8')
        reply.on('data', (part: string) => {
          text += part
          if (text.length > REPLY_BYTES) call.destroy(new Error('the reply is too long'))
        })
        reply.on('error', reject)
        reply.on('end', () => {
          if (reply.statusCode === 200) resolve(text)
          else reject(new BotRefusal(reply.statusCode ?? 0, refusalWords(reply.statusCode ?? 0, text)))
        })
      },
    )
    call.on('error', reject)
    call.end(body)
  })
}

/** The bot's own sentence; what stands between may answer something else. */
function refusalWords(status: number, text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown }
    if (typeof error === 'string') return `${error.slice(0, 500)} (${status})`
  } catch {
    // No JSON: not the bot's.
  }
  return `the bot answered ${status}: ${text.slice(0, 200)}`
}

/**
 * Posts one message and reads the reply. May be repeated: every message of `control.ts` may. Throws BotRefusal, or
 * what the network threw. `timeoutMs` bounds the whole call.
 */
export async function callBot<T>(call: {
  readonly server: string
  readonly path: string
  readonly message: unknown
  readonly reply: z.ZodType<T>
  readonly signer?: Signer
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}): Promise<T> {
  const url = new URL(call.path, call.server)
  const body = JSON.stringify(call.message)
  const headers = call.signer
    ? signedHeaders(
        call.signer.machine,
        call.signer.privateKey,
        { method: 'POST', path: url.pathname, body },
        Date.now(),
      )
    : {}
  const timeout = AbortSignal.timeout(call.timeoutMs ?? 10_000)
  const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout
  return call.reply.parse(JSON.parse(await post(url, body, headers, signal)))
}

/** Waits between attempts: doubles from `firstMs` up to `mostMs`, one tenth at random so that many do not knock together. */
export const backOffMs = (attempt: number, firstMs: number, mostMs: number): number =>
  Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 20)) * (0.9 + Math.random() * 0.2)

/** Waits; ends early without an error when `signal` aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}
