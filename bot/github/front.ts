/**
 * What stands in front of Probot, which reads a body of any length before it looks who sent it and writes the whole of
 * it to the log when the signature is wrong. So length and signature are settled here, on the raw bytes; Probot gets
 * what GitHub has signed, and nothing else.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Door } from '../server.ts'
import { plain } from '../server.ts'

/** GitHub's own cap on what it sends. */
export const WEBHOOK_BYTES = 25 * 1_048_576

/** A webhook that GitHub has signed. */
export interface Webhook {
  /** The same when GitHub sends it again. */
  readonly id: string
  /** `issue_comment` */
  readonly name: string
  readonly payload: unknown
}

/** `take` is called with what is signed; GitHub is answered once it has returned, and asked to try again if it throws. */
export function githubFront(secrets: readonly string[], take: (webhook: Webhook) => Promise<void>): Door {
  return async (request, response) => {
    if (request.method !== 'POST') return plain(response, 405, 'Webhooks of GitHub are posted here.')
    const [id, name] = [header(request, 'x-github-delivery'), header(request, 'x-github-event')]
    if (!/^[\w-]{1,100}$/.test(id) || !/^[a-z_]{1,60}$/.test(name))
      return plain(
        response,
        400,
        'This is no webhook of GitHub: x-github-delivery or x-github-event is missing.',
      )
    // Without a signature nothing is read at all.
    const signature = header(request, 'x-hub-signature-256')
    if (!/^sha256=[0-9a-f]{64}$/.test(signature))
      return plain(response, 401, 'This request is not signed: x-hub-signature-256 is missing.')
    const body = await readBody(request, WEBHOOK_BYTES)
    if (body === undefined) return plain(response, 413, `The body is longer than ${WEBHOOK_BYTES} bytes.`)
    if (!secrets.some((secret) => isSigned(secret, body, signature)))
      return plain(response, 401, 'This request was not signed with the secret of this App.')
    const payload = parsed(body)
    if (payload === undefined)
      return plain(
        response,
        400,
        'The body is no JSON: set the content type of the webhook to application/json.',
      )
    await take({ id, name, payload })
    response.writeHead(202, { 'content-type': 'text/plain; charset=utf-8' }).end('taken\n')
  }
}

const header = (request: IncomingMessage, name: string): string => String(request.headers[name] ?? '')

function isSigned(secret: string, body: Buffer, signature: string): boolean {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`)
  const given = Buffer.from(signature)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** Undefined when there is more than `most`, whatever the length that was said beforehand. */
async function readBody(request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > most) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parsed(body: Buffer): unknown {
  try {
    const payload: unknown = JSON.parse(body.toString('utf8'))
    return typeof payload === 'object' && payload !== null ? payload : undefined
  } catch {
    return undefined
  }
}
