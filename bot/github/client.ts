/** GitHub's API as the App uses it: the calls of the list, as the App or as its installation in a repository. */
import { Probot, ProbotOctokit } from 'probot'
import type { App } from '../../core/app/assemble.ts'
import type { Route } from './calls.ts'
import { probotLog } from './probot-log.ts'
import { GitHubTrouble, troubleOf } from './trouble.ts'

export interface GitHubSettings {
  readonly appId: number
  readonly privateKey: string
  readonly webhookSecrets: readonly string[]
  readonly apiUrl: string
}

/** Calls GitHub. Throws `GitHubTrouble`. The answer is GitHub’s: only what is read of it is typed. */
export type Call = <T>(route: Route, parameters: Readonly<Record<string, unknown>>) => Promise<T>

export interface GitHubClient {
  readonly asApp: Call
  /** In a repository, `acme/operations`; `owner` and `repo` are given to each call. */
  in(repository: string, installation?: number): Promise<Call>
}

/** One call never holds up the rest for longer. */
const PATIENCE_MS = 15_000

export function createProbot(settings: GitHubSettings, log: App['log']): Probot {
  return new Probot({
    appId: settings.appId,
    privateKey: settings.privateKey,
    secret: settings.webhookSecrets[0] ?? '',
    baseUrl: settings.apiUrl,
    // What failed is tried again by the inbox, the gates and the posts, which outlive this process and keep the pace
    // that GitHub asks for. Given as a function: Probot puts options of its own over plain ones.
    Octokit: ProbotOctokit.defaults((options: object) => ({
      ...options,
      retry: { enabled: false },
      throttle: { enabled: false },
    })),
    request: {
      fetch: (url: string, init: RequestInit) =>
        fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) }),
    },
    log: probotLog(log),
  })
}

export function createClient(probot: Probot): GitHubClient {
  /** Known until GitHub knows one of them no more. */
  const installations = new Map<string, number>()
  const caller =
    (installation: number | undefined, fixed: Readonly<Record<string, unknown>>): Call =>
    async <T>(route: Route, parameters: Readonly<Record<string, unknown>>) => {
      try {
        const octokit = await (installation === undefined ? probot.auth() : probot.auth(installation))
        return (await octokit.request(route as string, { ...fixed, ...parameters })).data as T
      } catch (error) {
        throw troubleOf(error, route)
      }
    }
  const asApp = caller(undefined, {})
  const ask = async (owner: string, repo: string): Promise<number> =>
    (await asApp<{ id: number }>('GET /repos/{owner}/{repo}/installation', { owner, repo })).id
  return {
    asApp,
    in: async (repository, given) => {
      const [owner = '', repo = ''] = repository.split('/')
      const known = given ?? installations.get(repository)
      const installation = known ?? (await ask(owner, repo))
      installations.set(repository, installation)
      const call = caller(installation, { owner, repo })
      if (known === undefined) return call
      return async (route, parameters) => {
        try {
          return await call(route, parameters)
        } catch (error) {
          if (!(error instanceof GitHubTrouble) || error.kind !== 'gone') throw error
          // An App that was taken out and installed again has another number; the former one is answered so, too.
          const now = await ask(owner, repo)
          installations.set(repository, now)
          if (now === installation) throw error
          return await caller(now, { owner, repo })(route, parameters)
        }
      }
    },
  }
}
