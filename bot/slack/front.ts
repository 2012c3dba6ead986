/**
 * What stands in front of Bolt. Bolt refuses only old timestamps: it takes one from tomorrow, and the same request
 * twice. So the signature, a window on both sides and the replay are settled here, on the raw bytes; Bolt then
 * verifies the signature once more.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Door } from '../server.ts'
import { plain } from '../server.ts'

const WINDOW_MS = 300_000
/** Longer than both halves of the window: no signature is forgotten while its time still counts. */
const REPLAY_LIFE_MS = 3 * WINDOW_MS
const BODY_BYTES = 1_048_576
/** Signatures of a quarter of an hour at twenty requests a second. */
const MOST_REMEMBERED = 20_000

export interface FrontParts {
  readonly signingSecret: string
  readonly now: () => Date
}

/** Lets a request through to `next` when Slack signed it, within the window, and for the first time. */
export function slackFront(parts: FrontParts, next: Door): Door {
  const isNew = rememberSignatures(() => parts.now().getTime())
  return async (request: IncomingMessage & { rawBody?: Buffer | undefined }, response) => {
    const body = await rawBody(request)
    if (body === undefined) return plain(response, 413, `The body is longer than ${BODY_BYTES} bytes.`)
    const time = String(request.headers['x-slack-request-timestamp'] ?? '')
    const signature = String(request.headers['x-slack-signature'] ?? '')
    if (!/^[0-9]{1,12}$/.test(time) || !isSigned(parts.signingSecret, time, body, signature))
      return plain(response, 401, 'This request was not signed by Slack.')
    if (Math.abs(parts.now().getTime() - Number(time) * 1000) > WINDOW_MS)
      return plain(response, 401, 'The time of this request is more than 300 s away from the bot’s.')
    // Only a good signature is remembered: nobody else can fill the memory.
    if (!isNew(signature)) return plain(response, 401, 'This request was sent before.')
    request.rawBody = body
    return next(request, response)
  }
}

/**
 * This process's own memory, which needs no database: Slack is answered at once. What another replica has seen, or this
 * one before its start, passes and is carried out once by its own id (once.ts), which every replica asks for.
 */
function rememberSignatures(now: () => number): (signature: string) => boolean {
  const seen = new Map<string, number>()
  return (signature) => {
    if (seen.has(signature)) return false
    seen.set(signature, now())
    // A map hands its entries out in the order in which they came.
    for (const [oldest, at] of seen) {
      if (seen.size <= MOST_REMEMBERED && now() - at < REPLAY_LIFE_MS) break
      seen.delete(oldest)
    }
    return true
  }
}

function isSigned(secret: string, time: string, body: Buffer, signature: string): boolean {
  const expected = Buffer.from(
    `v0=${createHmac('sha256', secret).update(`v0:${time}:`).update(body).digest('hex')}`,
  )
  const given = Buffer.from(signature)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

async function rawBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
