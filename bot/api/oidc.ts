/**
 * A token by which GitHub says of a run what it is. Only what GitHub signed with RS256, for our audience, for now, is
 * believed; the keys come from the issuer's JWKS, which is cached and asked again for an unknown key every 30 s at most.
 */
import type { JWTPayload } from 'jose'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose'
import type { Run } from '../../core/app/workflows.ts'

/** How far the clocks of GitHub and of the bot may differ. */
const LEEWAY_S = 30
/** GitHub's tokens live five minutes; an older one has been kept by somebody. */
const OLDEST_S = 600
const KEYS = { cooldownDuration: 30_000, cacheMaxAge: 600_000, timeoutDuration: 5000 }

/** Why a token is not believed: a stable code, a sentence with what to do, and whether asking again can help. */
interface Distrust {
  readonly code: string
  readonly sentence: string
  /** The fault is not the caller's: the keys cannot be fetched at this moment. */
  readonly isPassing?: true
}

interface Believed {
  readonly run: Run
  readonly jti: string
  /** Until when the token could be shown again. */
  readonly until: Date
}

export interface Expected {
  readonly issuers: readonly string[]
  readonly audience: string
  readonly now: Date
}

/** Verifies tokens; one per bot, for its cache of keys. */
export function createVerifier(): (token: string, expected: Expected) => Promise<Believed | Distrust> {
  const keySets = new Map<string, ReturnType<typeof createRemoteJWKSet>>()
  const keysOf = (issuer: string): ReturnType<typeof createRemoteJWKSet> => {
    const known = keySets.get(issuer)
    if (known !== undefined) return known
    const made = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks`), KEYS)
    keySets.set(issuer, made)
    return made
  }

  return async (token, { issuers, audience, now }) => {
    const issuer = issuerOf(token)
    if (typeof issuer !== 'string') return issuer
    if (!issuers.includes(issuer))
      return {
        code: 'unknown-issuer',
        sentence: `The token says that ${short(issuer)} made it; no rule under workflows in ferry.yaml names that issuer.`,
      }
    try {
      const { payload } = await jwtVerify(token, keysOf(issuer), {
        ...{ issuer, audience, algorithms: ['RS256'], currentDate: now },
        ...{ clockTolerance: LEEWAY_S, maxTokenAge: OLDEST_S, requiredClaims: ['exp', 'iat', 'jti'] },
      })
      return believe(issuer, payload)
    } catch (error) {
      return whyNot(error, audience, payloadOf(token))
    }
  }
}

function issuerOf(token: string): string | Distrust {
  try {
    // What is not verified yet only chooses whose keys to verify with.
    decodeProtectedHeader(token)
    const { iss } = decodeJwt(token)
    if (typeof iss === 'string') return iss
  } catch {
    // Not a token at all: told below.
  }
  return { code: 'malformed-token', sentence: 'This is no token of GitHub: it cannot be read as a JWT.' }
}

function payloadOf(token: string): JWTPayload {
  return decodeJwt(token)
}

/** The claims that are looked at, each a text; a token without them is of something else than a run. */
const NEEDED = [
  'repository',
  'repository_id',
  'repository_owner_id',
  'ref',
  'job_workflow_ref',
  'event_name',
  'actor',
  'actor_id',
  'run_id',
  'run_attempt',
  'sha',
] as const

function believe(issuer: string, payload: JWTPayload): Believed | Distrust {
  const missing = NEEDED.find((name) => typeof payload[name] !== 'string' || payload[name] === '')
  if (missing !== undefined)
    return {
      code: 'claim-missing',
      sentence: `The token lacks ${missing}: it is not of a run of a workflow.`,
    }
  const { jti = '', exp = 0 } = payload
  const of = (name: string): string => String(payload[name])
  const orNone = (name: string): string | undefined =>
    typeof payload[name] === 'string' ? payload[name] : undefined
  return {
    jti,
    until: new Date((exp + LEEWAY_S) * 1000),
    run: {
      issuer,
      repository: of('repository'),
      repository_id: of('repository_id'),
      repository_owner_id: of('repository_owner_id'),
      ref: of('ref'),
      environment: orNone('environment'),
      job_workflow_ref: of('job_workflow_ref'),
      event_name: of('event_name'),
      runner_environment: orNone('runner_environment'),
      actor: of('actor'),
      actor_id: of('actor_id'),
      run_id: of('run_id'),
      run_attempt: of('run_attempt'),
      sha: of('sha'),
      check_run_id: orNone('check_run_id'),
    },
  }
}

function whyNot(error: unknown, audience: string, payload: JWTPayload): Distrust {
  if (error instanceof errors.JWTExpired)
    return { code: 'token-expired', sentence: 'The token has expired; the Action asks GitHub for a new one.' }
  if (error instanceof errors.JWTClaimValidationFailed) {
    switch (error.claim) {
      case 'aud':
        return {
          code: 'wrong-audience',
          sentence: `The token was made for ${short([payload.aud].flat().join(', '))}; this bot takes those for ${audience}. Set the input \`audience\` to that.`,
        }
      case 'nbf':
      case 'iat':
        return {
          code: 'token-not-yet-valid',
          sentence: 'The token is from the future: the clock of the bot is behind.',
        }
      default:
        return {
          code: 'claim-missing',
          sentence: `The claim ${error.claim} of the token is missing or wrong.`,
        }
    }
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return { code: 'wrong-algorithm', sentence: 'The token is not signed with RS256.' }
  // Forged, or signed with a key that is newer than what was fetched last: the next fetch tells.
  if (error instanceof errors.JWKSNoMatchingKey)
    return {
      code: 'keys-unavailable',
      sentence: `The token names a key that is not among those of its issuer; they are fetched every ${KEYS.cooldownDuration / 1000} s at most. Ask again.`,
      isPassing: true,
    }
  if (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSMultipleMatchingKeys
  )
    return { code: 'bad-signature', sentence: 'The token was not signed by its issuer.' }
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid)
    return { code: 'malformed-token', sentence: 'This is no token of GitHub: it cannot be read as a JWT.' }
  return {
    code: 'keys-unavailable',
    sentence: 'The keys of the token’s issuer cannot be fetched at this moment. Ask again.',
    isPassing: true,
  }
}

/** A text from outside, short and in one line. */
const short = (text: string): string => JSON.stringify(text.slice(0, 200)).slice(1, -1)
