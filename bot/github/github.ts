/** The GitHub door: webhooks in, an inbox that is emptied by a tick, gates and what was missed by others. */
import type { App, Tick } from '../../core/app/assemble.ts'
import type { TakenDelivery } from '../../core/app/github.ts'
import type { Door } from '../server.ts'
import { plain } from '../server.ts'
import { pressButton } from './checks.ts'
import type { GitHubSettings } from './client.ts'
import { createClient, createProbot } from './client.ts'
import { answerComment } from './comments.ts'
import type { GitHubEvent } from './events.ts'
import { onEvents } from './events.ts'
import { githubFront } from './front.ts'
import { carryGates, openGate } from './gates.ts'
import { emptyInbox, sweepInbox } from './inbox.ts'
import { WEBHOOK_PATH } from './manifest.ts'
import type { GitHubParts } from './parts.ts'
import { githubDoor, webUrlOf } from './posts.ts'
import { findWaitingRuns, redeliver } from './reconcile.ts'
import { takeReview } from './reviews.ts'

export interface GitHubDoor {
  /** For requests under `/github/`. */
  readonly door: Door
  /** What is to be done again and again; given to `App.start`. */
  readonly ticks: readonly Tick[]
}

/** How often what has come is looked for. Tests are quicker. */
export interface GitHubTimings {
  readonly inboxMs: number
  readonly gatesMs: number
  /** Between two looks at a request for approval that a gate waits for. */
  readonly lookMs: number
  readonly reconcileMs: number
  /** How long what moves on its own stays as it is shown. */
  readonly paceMs: number
}

const TIMINGS: GitHubTimings = {
  ...{ inboxMs: 1000, gatesMs: 1000, lookMs: 1000 },
  ...{ reconcileMs: 120_000, paceMs: 10_000 },
}
const SWEEP_MS = 3_600_000

export function createGitHub(
  app: App,
  settings: GitHubSettings,
  timings: Partial<GitHubTimings> = {},
): GitHubDoor {
  const { inboxMs, gatesMs, lookMs, reconcileMs, paceMs } = { ...TIMINGS, ...timings }
  const probot = createProbot(settings, app.log)
  // Handlers only write down: GitHub is answered in milliseconds, and the work outlives this process.
  onEvents(probot, (delivery) => app.github.inbox.take(delivery))
  const parts: GitHubParts = { app, client: createClient(probot), lookMs }
  app.addDoor(githubDoor(parts, webUrlOf(settings.apiUrl), paceMs))
  const front = githubFront(settings.webhookSecrets, async ({ id, name, payload }) => {
    await probot.receive({ id, name, payload } as Parameters<typeof probot.receive>[0])
  })
  return {
    door: (request, response) => {
      const path = (request.url ?? '/').split('?')[0]
      return path === WEBHOOK_PATH
        ? front(request, response)
        : plain(response, 404, `GitHub posts its webhooks to ${WEBHOOK_PATH}.`)
    },
    ticks: [
      {
        name: 'github-inbox',
        everyMs: inboxMs,
        run: (signal) => emptyInbox(app, (delivery) => carryOut(parts, delivery), signal),
      },
      { name: 'github-gates', everyMs: gatesMs, run: (signal) => carryGates(parts, signal) },
      { name: 'github-missed', everyMs: reconcileMs, run: async () => void (await redeliver(parts)) },
      { name: 'github-waiting', everyMs: reconcileMs, run: async () => void (await findWaitingRuns(parts)) },
      { name: 'github-sweep', everyMs: SWEEP_MS, run: () => sweepInbox(app) },
    ],
  }
}

/** What the store has kept is what `events.ts` has put into it. */
async function carryOut(parts: GitHubParts, delivery: TakenDelivery): Promise<string> {
  const event = delivery.what as GitHubEvent
  switch (event.kind) {
    case 'comment':
      return answerComment(parts, delivery, event)
    case 'check':
      return pressButton(parts, delivery.id, event)
    case 'gate':
      return openGate(parts, event, true)
    case 'review':
      return takeReview(parts, event)
  }
}
