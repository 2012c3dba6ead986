/**
 * What the Action shows the bot. Without a token of its own it asks GitHub for one that says which run this is, shows
 * it once, and goes on with the session that the bot gives for it.
 */
import { getIDToken, setSecret } from '@actions/core'
import { setTimeout as pause } from 'node:timers/promises'
import type { Again, BotParts } from './bot.ts'
import { asReply, notABot, patiently, post } from './bot.ts'
import { Failure } from './failure.ts'
import type { Inputs } from './inputs.ts'

export interface Credentials {
  /** The value of the header Authorization. Throws `Failure`. */
  current(): Promise<string>
  /** Says that it is not taken any more; false when there is no other. */
  renew(): boolean
}

type Parts = Omit<BotParts, 'credentials'>

export function createCredentials(
  { token, audience, server }: Pick<Inputs, 'token' | 'audience' | 'server'>,
  parts: Parts,
): Credentials {
  if (token !== undefined) {
    setSecret(token)
    return { current: async () => `Bearer ${token}`, renew: () => false }
  }
  let session: Promise<string> | undefined
  const signIn = async (): Promise<string> => {
    const given = await patiently<{ session: string }>(parts, () => attempt(server, audience, parts))
    setSecret(given.session)
    return `Bearer ${given.session}`
  }
  return {
    current: () => (session ??= signIn()),
    renew: () => {
      session = undefined
      return true
    },
  }
}

/** Each attempt has a token of its own: the bot takes none twice, and whether it has taken a lost one is not known. */
async function attempt(
  server: string,
  audience: string,
  { hurry }: Parts,
): Promise<{ session: string } | Again> {
  const idToken = await idTokenFor(audience)
  const answer = await post(`${server}/api/workflow-sessions`, {
    ...{ hurry, headers: { authorization: `Bearer ${idToken}` } },
  })
  if ('again' in answer) return answer
  const { session } = (answer.body ?? {}) as { session?: unknown }
  if (typeof session === 'string') return { session }
  const reply = asReply(answer.body) ?? notABot(server, answer.status)
  if (reply.code === 'keys-unavailable') return { again: reply.title, code: reply.code }
  throw new Failure(reply.code, reply.title)
}

const TRIES = 4

async function idTokenFor(audience: string): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = process.env
  if (!url || !token)
    throw new Failure(
      'no-id-token-permission',
      'GitHub gives this job no OIDC token. Add `permissions: id-token: write` to the job; runs of pull requests from forks never get one. A runner without OIDC uses the input `token`.',
    )
  for (let tried = 1; ; tried++) {
    try {
      return await getIDToken(audience)
    } catch (error) {
      if (tried === TRIES)
        throw new Failure(
          'id-token-unavailable',
          `GitHub has given no OIDC token in ${TRIES} tries. Run the job again; https://www.githubstatus.com tells of outages.`,
          error,
        )
      await pause(250 * 2 ** tried)
    }
  }
}
