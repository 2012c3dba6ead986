/** Who calls the API: a person by their token, or a run of GitHub Actions by the session it was given. */
import type { App } from '../../core/app/assemble.ts'
import type { Who } from '../../core/app/ask.ts'
import type { Reply } from '../../core/commands/reply.ts'
import { createVerifier } from './oidc.ts'
import { PREFIX, readSession, signSession } from './sessions.ts'

/** A caller that is not let in, and the status that says so. */
interface Unwelcome {
  readonly status: 401 | 403 | 503
  readonly reply: Reply
}

export interface Caller {
  readonly who: Who
  /** Whose keys are whose: what a request's own key is prefixed with. */
  readonly scope: string
}

interface SessionGiven {
  readonly session: string
  readonly expiresAt: string
  readonly person: string
  readonly role: string
  readonly rule: string
}

interface Callers {
  /** By the value of the header Authorization. */
  identify(authorization: string | undefined): Promise<Caller | Unwelcome>
  /** Takes a token of GitHub, once, and gives a session for it. */
  signIn(authorization: string | undefined): Promise<SessionGiven | Unwelcome>
}

export function createCallers(app: App): Callers {
  const verify = createVerifier()
  const { workflows } = app

  const identifyRun = async (session: string): Promise<Caller | Unwelcome> => {
    const run = await readSession(await workflows.sessionSecret(), session, app.now())
    if (run === 'expired')
      return unwelcome('session-expired', 'This session has ended; a new token of GitHub opens another one.')
    if (run === 'unknown') return unwelcome('session-unknown', 'This session was not given by this bot.')
    const admitted = workflows.admit(run)
    if ('code' in admitted) return unwelcome(admitted.code, admitted.sentence, 403)
    // What a step calls itself is the same in two calls of one reusable workflow; their checks are not.
    const { issuer, run_id: id, run_attempt: attempt, check_run_id: check = '' } = run
    return { who: admitted.who, scope: `run ${issuer} ${id}/${attempt} ${check}`.trimEnd() }
  }

  return {
    identify: async (authorization) => {
      const token = bearer(authorization)
      if (token === undefined)
        return unwelcome('not-known', 'Say who you are: send your token as `Authorization: Bearer …`.')
      if (token.startsWith(PREFIX)) return identifyRun(token)
      const person = app.authenticate(token)
      return person === undefined
        ? unwelcome(
            'not-known',
            'This token is nobody’s. An admin lists its SHA-256 under your name in ferry.yaml.',
          )
        : { who: { person, door: 'cli' }, scope: `person ${person.name}` }
    },

    signIn: async (authorization) => {
      const token = bearer(authorization)
      if (token === undefined)
        return unwelcome('not-known', 'Send the token of GitHub as `Authorization: Bearer …`.')
      const issuers = workflows.issuers()
      if (issuers.length === 0)
        return unwelcome(
          'workflows-not-set-up',
          'No workflow may use this bot: ferry.yaml has no rules under workflows.',
          403,
        )
      const now = app.now()
      const believed = await verify(token, { issuers, audience: workflows.audience(), now })
      const refuse = (refusal: Unwelcome, repository?: string): Unwelcome => {
        const { code, title } = refusal.reply
        app.log.warn('a run of a workflow is not let in', { code, title, ...(repository && { repository }) })
        return refusal
      }
      if ('code' in believed)
        return refuse(unwelcome(believed.code, believed.sentence, believed.isPassing ? 503 : 401))
      const { run, jti, until } = believed
      // Taken now and never again, also by another replica; whoever overheard it comes too late.
      if (!(await app.firstSeen(`oidc ${run.issuer} ${jti}`, until.getTime() - now.getTime() + 1000)))
        return refuse(
          unwelcome('token-replayed', 'This token was shown before; each is taken once.'),
          run.repository,
        )
      const admitted = workflows.admit(run)
      if ('code' in admitted) return refuse(unwelcome(admitted.code, admitted.sentence, 403), run.repository)
      await workflows.opened(run, admitted, jti)
      const { session, expiresAt } = await signSession(await workflows.sessionSecret(), run, now)
      const { name, role } = admitted.who.person
      return { session, expiresAt: expiresAt.toISOString(), person: name, role, rule: admitted.rule }
    },
  }
}

/** Longer than any token of GitHub with all its claims. */
const bearer = (authorization = ''): string | undefined => /^Bearer (\S{1,8000})$/.exec(authorization)?.[1]

function unwelcome(code: string, title: string, status: Unwelcome['status'] = 401): Unwelcome {
  return { status, reply: { outcome: 'refused', code, title, facts: {} } }
}
