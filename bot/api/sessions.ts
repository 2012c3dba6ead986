/**
 * What a run shows instead of GitHub's token once that was taken: many calls need it, and that token is taken once.
 * Signed with the installation's secret, so that every replica takes it; bound to the run and its attempt, and worth
 * nothing beyond what the policy in force lets that run do.
 */
import { jwtVerify, SignJWT } from 'jose'
import type { Run } from '../../core/app/workflows.ts'

const LIFE_S = 1800
const ISSUER = 'ferry'
/** Tells a session from a person's token, in headers and in logs. */
export const PREFIX = 'ferry-run.'

export interface Session {
  readonly session: string
  readonly expiresAt: Date
}

export async function signSession(secret: string, run: Run, now: Date): Promise<Session> {
  const expiresAt = new Date(now.getTime() + LIFE_S * 1000)
  const jwt = await new SignJWT({ run })
    .setProtectedHeader({ alg: 'HS256', typ: 'ferry-session' })
    .setIssuer(ISSUER)
    .setIssuedAt(now)
    .setExpirationTime(expiresAt)
    .sign(keyOf(secret))
  return { session: PREFIX + jwt, expiresAt }
}

/** The run a session is of; `expired` asks for a new one, `unknown` is not ours. */
export async function readSession(
  secret: string,
  session: string,
  now: Date,
): Promise<Run | 'expired' | 'unknown'> {
  try {
    const { payload } = await jwtVerify<{ run: Run }>(session.slice(PREFIX.length), keyOf(secret), {
      ...{ issuer: ISSUER, algorithms: ['HS256'], typ: 'ferry-session' },
      ...{ currentDate: now, requiredClaims: ['exp', 'run'] },
    })
    return payload.run
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'ERR_JWT_EXPIRED' ? 'expired' : 'unknown'
  }
}

const keyOf = (secret: string): Uint8Array => new TextEncoder().encode(secret)
