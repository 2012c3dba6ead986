import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { refusal } from './errors.ts'

/** A request as it arrived: the signature covers all of it. */
export interface SignedRequest {
  readonly method: string
  readonly path: string
  readonly query: readonly (readonly [string, string])[]
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

const ALGORITHM = 'ACS3-HMAC-SHA256'
const WINDOW_MS = 15 * 60_000
const MUST_BE_SIGNED = ['host', 'x-acs-action', 'x-acs-content-sha256', 'x-acs-date', 'x-acs-signature-nonce']

/**
 * Verifies ACS3 signatures as ECS does and remembers nonces for as long as a date stays valid. Nonces live in
 * memory: a request recorded before a restart could be replayed within its 15 minutes, which loopback can bear.
 */
export class SignatureCheck {
  readonly #secrets: ReadonlyMap<string, string>
  readonly #nonces = new Map<string, number>()

  constructor(accessKeys: readonly { readonly id: string; readonly secret: string }[]) {
    this.#secrets = new Map(accessKeys.map(({ id, secret }) => [id, secret]))
  }

  /** Throws the documented refusal, or returns the access key id that signed. */
  verify(request: SignedRequest, now = Date.now()): string {
    const { keyId, signedHeaders, signature } = readAuthorization(headerOf(request, 'authorization'))
    if (MUST_BE_SIGNED.some((name) => !signedHeaders.includes(name))) throw refusal('IncompleteSignature')
    const secret = this.#secrets.get(keyId)
    if (secret === undefined) throw refusal('InvalidAccessKeyId.NotFound')

    const date = Date.parse(headerOf(request, 'x-acs-date'))
    if (!(Math.abs(now - date) <= WINDOW_MS)) throw refusal('InvalidTimeStamp.Expired')
    const bodyDigest = createHash('sha256').update(request.body).digest('hex')
    const honest = bodyDigest === headerOf(request, 'x-acs-content-sha256')
    if (!honest || !sameText(signature, sign(request, signedHeaders, secret)))
      throw refusal('SignatureDoesNotMatch')

    this.#spend(`${keyId} ${headerOf(request, 'x-acs-signature-nonce')}`, now)
    return keyId
  }

  // Only after the signature held: otherwise anybody could use up another's nonces.
  #spend(nonce: string, now: number): void {
    for (const [old, until] of this.#nonces) {
      if (until > now) break
      this.#nonces.delete(old)
    }
    if (this.#nonces.has(nonce)) throw refusal('SignatureNonceUsed')
    this.#nonces.set(nonce, now + 2 * WINDOW_MS)
  }
}

/** The signature that a request with these signed headers must carry. */
export function sign(request: SignedRequest, signedHeaders: readonly string[], secret: string): string {
  const query = [...request.query]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${name}=${encoded(value)}`)
    .join('&')
  const headers = signedHeaders.map((name) => `${name}:${headerOf(request, name)}\n`).join('')
  const digest = headerOf(request, 'x-acs-content-sha256')
  const canonical = [request.method, request.path, query, headers, signedHeaders.join(';'), digest].join('\n')
  const toSign = `${ALGORITHM}\n${createHash('sha256').update(canonical).digest('hex')}`
  return createHmac('sha256', secret).update(toSign).digest('hex')
}

function readAuthorization(value: string) {
  const match =
    /^ACS3-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/.exec(value)
  const [, keyId, names, signature] = match ?? []
  if (keyId === undefined || names === undefined || signature === undefined)
    throw refusal('IncompleteSignature')
  return { keyId, signedHeaders: names.split(';'), signature }
}

function headerOf(request: SignedRequest, name: string): string {
  const value = request.headers[name]
  if (typeof value !== 'string') throw refusal('IncompleteSignature')
  return value.trim()
}

function encoded(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
