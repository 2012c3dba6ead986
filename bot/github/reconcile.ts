/** What webhooks have not brought, or Ferry was not there to take: asked for, so that nobody waits for ever. */
import type { App } from '../../core/app/assemble.ts'
import type { Call, GitHubClient } from './client.ts'
import type { GateEvent } from './events.ts'
import { EVENTS } from './events.ts'
import { openGate } from './gates.ts'
import type { GitHubParts } from './parts.ts'
import { waitingAt } from './runs.ts'
import { GitHubTrouble } from './trouble.ts'

interface HookDelivery {
  readonly id: number
  readonly guid: string
  readonly delivered_at: string
  readonly event: string
  readonly action: string | null
}

/** GitHub sends nothing again that is older. */
const REDELIVERABLE_MS = 3 * 24 * 3_600_000

/** As far as it is reached for here. */
interface Redelivering {
  readonly app: Pick<App, 'now' | 'firstSeen' | 'log'> & {
    readonly github: { readonly inbox: Pick<App['github']['inbox'], 'isKnown'> }
  }
  readonly client: Pick<GitHubClient, 'asApp'>
}

/**
 * Has GitHub send again what Ferry did not take: while it was down, or its database was. What was taken after all is
 * known by its id; what was no order is not kept, so that each attempt that failed is asked for once. Looks at the 100
 * newest that failed. Returns how many were asked for.
 */
export async function redeliver({ app, client }: Redelivering): Promise<number> {
  const failed = await client.asApp<readonly HookDelivery[]>('GET /app/hook/deliveries', {
    ...{ per_page: 100, status: 'failure' },
  })
  const since = app.now().getTime() - REDELIVERABLE_MS
  const wanted = failed.filter(
    ({ event, action, delivered_at: at }) =>
      EVENTS.some((name) => name === `${event}.${action ?? ''}`) && Date.parse(at) > since,
  )
  let asked = 0
  // Each try of GitHub’s has an id of its own; the newest of them, listed first, counts.
  const newest = new Map(wanted.toReversed().map((delivery) => [delivery.guid, delivery]))
  for (const { id, guid } of newest.values()) {
    if (await app.github.inbox.isKnown(guid)) continue
    if (!(await app.firstSeen(`github-redeliver:${id}`, REDELIVERABLE_MS))) continue
    try {
      await client.asApp('POST /app/hook/deliveries/{delivery_id}/attempts', { delivery_id: id })
      asked++
    } catch (error) {
      if (!(error instanceof GitHubTrouble)) throw error
      app.log.warn('GitHub does not send a delivery again', { delivery: guid, error })
      // The others would go the same way now: they are left for the next look.
      if (error.kind === 'later') break
    }
  }
  return asked
}

/** Opens the gates of runs that wait and of which no webhook told. Returns how many runs wait at guarded environments. */
export async function findWaitingRuns(parts: GitHubParts): Promise<number> {
  const { app, client } = parts
  let waiting = 0
  for (const repository of app.github.guarded()) {
    try {
      const call = await client.in(repository)
      waiting += await openGatesOf(parts, call, repository)
    } catch (error) {
      if (!(error instanceof GitHubTrouble)) throw error
      app.log.warn('the runs of a repository could not be looked at', { repository, error })
    }
  }
  return waiting
}

async function openGatesOf(parts: GitHubParts, call: Call, repository: string): Promise<number> {
  const { workflow_runs: runs } = await call<{
    workflow_runs: readonly { id: number; repository: { id: number; full_name: string } }[]
  }>('GET /repos/{owner}/{repo}/actions/runs', { status: 'waiting', per_page: 100 })
  let waiting = 0
  for (const run of runs) {
    for (const name of await waitingAt(call, run.id)) {
      if (!parts.app.github.isGuarded(repository, name)) continue
      const event: GateEvent = {
        ...{ kind: 'gate', repository: run.repository.full_name, installation: undefined },
        ...{ repositoryId: run.repository.id, environment: name, run: run.id },
      }
      // One that was answered may wait for a reviewer besides: that is no reason to answer it again.
      await openGate(parts, event, false)
      waiting++
    }
  }
  return waiting
}
