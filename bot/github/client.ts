/** GitHub's API as the App uses it: the calls of the list, as the App or as its installation in a repository. */
import { Probot, ProbotOctokit } from 'probot'
import type { App } from '../../core/app/assemble.ts'
import type { Route } from './calls.ts'
import { probotLog } from './probot-log.ts'
import { troubleOf } from './trouble.ts'

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
  /** Repositories do not change their installation while the App stays installed. */
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
  return {
    asApp,
    in: async (repository, given) => {
      const [owner = '', repo = ''] = repository.split('/')
      let installation = given ?? installations.get(repository)
      if (installation === undefined) {
        const found = await asApp<{ id: number }>('GET /repos/{owner}/{repo}/installation', { owner, repo })
        installation = found.id
      }
      installations.set(repository, installation)
      return caller(installation, { owner, repo })
    },
  }
}
