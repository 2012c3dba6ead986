import type { App } from '../../core/app/assemble.ts'
import type { GitHubClient } from './client.ts'

/** What the pieces of the GitHub door reach for. */
export interface GitHubParts {
  readonly app: App
  readonly client: GitHubClient
  /** Between two looks at a request for approval that a gate waits for. */
  readonly lookMs: number
}
