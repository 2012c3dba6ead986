/** GitHub's issuer of OIDC tokens on loopback: its keys, and the address at which a runner asks for a token. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CryptoKey, JWTPayload } from 'jose'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'

/** What a run of the workflow `cutover` of acme/infra says of itself, unless a test says otherwise. */
const CLAIMS = {
  repository: 'acme/infra',
  repository_id: '1001',
  repository_owner: 'acme',
  repository_owner_id: '77',
  // The form of accounts made since July 2026; nobody may depend on it.
  sub: 'repo:acme@77/infra@1001:ref:refs/heads/main',
  ref: 'refs/heads/main',
  job_workflow_ref: 'acme/infra/.github/workflows/cutover.yml@refs/heads/main',
  event_name: 'workflow_dispatch',
  runner_environment: 'github-hosted',
  actor: 'olga-gh',
  actor_id: '5001',
  run_id: '9000',
  run_attempt: '1',
  sha: 'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00',
} as const

export interface Minted {
  readonly audience?: string
  /** Added to the claims, or taken out of them when undefined. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Seconds from now. */
  readonly issued?: number
  readonly expires?: number
  readonly notBefore?: number
  readonly signedBy?: 'issuer' | 'stranger' | 'nobody' | 'public key as secret'
}

export interface OidcIssuer {
  /** The value of `iss`. */
  readonly url: string
  /** What a runner has in its environment when the job may ask for tokens. */
  readonly env: Readonly<Record<string, string>>
  mint(options?: Minted): Promise<string>
  /** Claims of the tokens that runners ask for from now on. */
  say(claims: Readonly<Record<string, unknown>>): void
  /** Answers the next requests for a token so instead: a status, or a token made otherwise. */
  next(...answers: (number | Minted)[]): void
  /** How often a runner has asked for a token. */
  readonly asked: () => number
  /** How often the keys were fetched. */
  readonly fetched: () => number
  /** The keys cannot be had while it is off. */
  keysOff(isOff: boolean): void
  /** Its key is called so from now on. */
  renameKey(kid: string): void
  stop(): Promise<void>
}

export async function startOidcIssuer(): Promise<OidcIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const stranger = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(publicKey)), alg: 'RS256', use: 'sig' }
  const requestToken = randomUUID()
  let said: Readonly<Record<string, unknown>> = {}
  let answers: (number | Minted)[] = []
  let [asked, fetched, isOff, kid] = [0, 0, false, 'key-1']

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://issuer')
    if (url.pathname.endsWith('/.well-known/jwks')) {
      fetched++
      return isOff ? send(response, 503, {}) : send(response, 200, { keys: [{ ...jwk, kid }] })
    }
    if (url.pathname !== '/token' || request.headers.authorization !== `Bearer ${requestToken}`)
      return send(response, 401, {})
    asked++
    const answer = answers.shift()
    if (typeof answer === 'number') return send(response, answer, {})
    const audience = url.searchParams.get('audience') ?? 'https://github.com/acme'
    void mint({ audience, ...answer }).then((value) => send(response, 200, { value }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const mint = async (options: Minted = {}): Promise<string> => {
    const { issued = 0, expires = 300, notBefore = -600, signedBy = 'issuer' } = options
    const now = Math.floor(Date.now() / 1000)
    const payload: JWTPayload = JSON.parse(
      JSON.stringify({
        ...{ jti: randomUUID(), iss: url, aud: options.audience },
        ...{ iat: now + issued, nbf: now + notBefore, exp: now + expires },
        ...{ ...CLAIMS, ...said, ...options.claims },
      }),
    ) as JWTPayload
    if (signedBy === 'nobody') return new UnsecuredJWT(payload).encode()
    const key: CryptoKey | Uint8Array =
      signedBy === 'issuer'
        ? privateKey
        : signedBy === 'stranger'
          ? stranger.privateKey
          : new TextEncoder().encode(JSON.stringify(jwk))
    const alg = signedBy === 'public key as secret' ? 'HS256' : 'RS256'
    return new SignJWT(payload).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(key)
  }

  return {
    url,
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    },
    mint,
    say: (claims) => {
      said = claims
    },
    next: (...more) => {
      answers = more
    },
    asked: () => asked,
    fetched: () => fetched,
    keysOff: (off) => {
      isOff = off
    },
    renameKey: (name) => {
      kid = name
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** The policy under which the runs above are let in as operator of web jobs. */
export function ruleFor(issuer: string, more: object = {}): object {
  return {
    ...{ name: 'cutover', issuer, repository_id: 1001, repository_owner_id: 77, ref: 'refs/heads/main' },
    ...{ role: 'operator', jobs: ['web-*'] },
    ...more,
  }
}
