/**
 * How a machine signs its requests to the bot: Ed25519 over method, path, time, nonce and the body's SHA-256,
 * one per line. The bot refuses a time more than 300 s away from its own and a nonce it has seen.
 */
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto'

export const SIGNED_HEADERS = {
  machine: 'x-ferry-machine',
  time: 'x-ferry-time',
  nonce: 'x-ferry-nonce',
  signature: 'x-ferry-signature',
} as const

/** How far a signed request's time may lie from the bot's, in milliseconds, either way. */
export const SIGNATURE_WINDOW_MS = 300_000

export interface SignedRequest {
  readonly method: string
  readonly path: string
  /** Milliseconds since 1970, as text. */
  readonly time: string
  readonly nonce: string
  readonly body: string
}

const text = (request: SignedRequest): Buffer =>
  Buffer.from(
    [
      request.method,
      request.path,
      request.time,
      request.nonce,
      createHash('sha256').update(request.body).digest('hex'),
    ].join('\n'),
  )

/** The headers that prove who sends this request. `privateKey`: PKCS#8 PEM; `now`: milliseconds since 1970. */
export function signedHeaders(
  machine: string,
  privateKey: string,
  request: Pick<SignedRequest, 'method' | 'path' | 'body'>,
  now: number,
): Record<string, string> {
  const whole = { ...request, time: String(now), nonce: randomBytes(16).toString('hex') }
  return {
    [SIGNED_HEADERS.machine]: machine,
    [SIGNED_HEADERS.time]: whole.time,
    [SIGNED_HEADERS.nonce]: whole.nonce,
    [SIGNED_HEADERS.signature]: sign(null, text(whole), createPrivateKey(privateKey)).toString('base64'),
  }
}

/** Whether `signature` (base64) was made over this request with the private half of `publicKey` (base64 SPKI). */
export function isSignedBy(request: SignedRequest, signature: string, publicKey: string): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' })
  return verify(null, text(request), key, Buffer.from(signature, 'base64'))
}
