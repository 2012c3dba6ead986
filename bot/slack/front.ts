/**
 * What stands in front of Bolt. Bolt refuses only old timestamps: it takes one from tomorrow, and the same request
 * twice. So the signature, a window on both sides and the replay are settled here, on the raw bytes; Bolt then
 * verifies the signature once more.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Door } from '../server.ts'
import { plain } from '../server.ts'

const WINDOW_MS = 300_000
/** Longer than both halves of the window: no signature is forgotten while its time still counts. */
const REPLAY_LIFE_MS = 3 * WINDOW_MS
const BODY_BYTES = 1_048_576
/** How long the database may take to say whether a request was sent before. */
const PATIENCE_MS = 500

export interface FrontParts {
  readonly signingSecret: string
  readonly now: () => Date
  readonly firstSeen: (key: string, ttlMs: number) => Promise<boolean>
}

/** Lets a request through to `next` when Slack signed it, within the window, and for the first time. */
export function slackFront(parts: FrontParts, next: Door): Door {
  return async (request: IncomingMessage & { rawBody?: Buffer | undefined }, response) => {
    const body = await rawBody(request)
    if (body === undefined) return plain(response, 413, `The body is longer than ${BODY_BYTES} bytes.`)
    const time = String(request.headers['x-slack-request-timestamp'] ?? '')
    const signature = String(request.headers['x-slack-signature'] ?? '')
    if (!/^[0-9]{1,12}$/.test(time) || !isSigned(parts.signingSecret, time, body, signature))
      return plain(response, 401, 'This request was not signed by Slack.')
    if (Math.abs(parts.now().getTime() - Number(time) * 1000) > WINDOW_MS)
      return plain(response, 401, 'The time of this request is more than 300 s away from the bot’s.')
    // Only a good signature is remembered: nobody else can fill the store.
    const digest = createHash('sha256').update(signature).digest('hex')
    if (!(await isFirst(parts, `slack:${digest}`)))
      return plain(response, 401, 'This request was sent before.')
    request.rawBody = body
    return next(request, response)
  }
}

/**
 * Slack waits 3 s. When the database takes longer than a part of that, or does not answer, the request passes: what it
 * asks for is carried out once by its own id, which is asked of the database again before anything is done (once.ts).
 */
async function isFirst({ firstSeen }: FrontParts, key: string): Promise<boolean> {
  const known = firstSeen(key, REPLAY_LIFE_MS).catch(() => true)
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<true>((resolve) => {
    timer = setTimeout(() => resolve(true), PATIENCE_MS)
  })
  try {
    return await Promise.race([known, patience])
  } finally {
    clearTimeout(timer)
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
