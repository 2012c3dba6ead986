import type { App } from '../../core/app/assemble.ts'
import type { Prepared } from '../../core/app.ts'
import type { Workspaces } from './workspaces.ts'

/** How Slack is set up, as the configuration says. */
export type SlackSettings = NonNullable<Prepared['slack']>

/** What everything that answers in Slack is made with. */
export interface SlackParts {
  readonly app: App
  readonly workspaces: Workspaces
  /** Addresses that replies may be sent to begin with one of these. */
  readonly responseBases: readonly string[]
  /** Aborted when the bot stops: nothing waits any longer. */
  readonly stopping: AbortSignal
}
