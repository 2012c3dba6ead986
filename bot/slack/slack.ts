/** Slack: commands, buttons, forms and the App Home, over Bolt. It translates in and renders out. */
import { setMaxListeners } from 'node:events'
import { App as BoltApp } from '@slack/bolt'
import type { App } from '../../core/app/assemble.ts'
import type { Door } from '../server.ts'
import { boltLogger } from './bolt-log.ts'
import { listen } from './listeners.ts'
import { createOnce } from './once.ts'
import { unhurried } from './unhurried.ts'
import type { SlackParts, SlackSettings } from './parts.ts'
import { slackDoor } from './posts.ts'
import { wayIn } from './receiver.ts'
import { openWorkspaces } from './workspaces.ts'

export interface Slack {
  readonly door: Door
  /** Opens the socket in Socket Mode. Throws when Slack does not take the token. */
  start(): Promise<void>
  /** Takes nothing new and waits for what has begun. */
  stop(): Promise<void>
}

/** Where Slack has replies sent to. */
const RESPONSES = 'https://hooks.slack.com/'

export function createSlack(whole: App, settings: SlackSettings): Slack {
  const app = unhurried(whole)
  const logger = boltLogger(app.log)
  const stopping = new AbortController()
  // Whoever waits for Slack listens to it, and in a flood many do.
  setMaxListeners(0, stopping.signal)
  const workspaces = openWorkspaces(app, settings)
  const once = createOnce(app)
  const way = wayIn(settings, {
    ...{ logger, store: workspaces.store, serverUrl: app.serverUrl },
    now: () => app.now(),
  })
  const slack = new BoltApp({
    receiver: way.receiver,
    // Nothing is looked up before Slack is answered: tokens come from the workspaces, afterwards.
    authorize: async ({ teamId, enterpriseId }) => ({
      ...(teamId === undefined ? {} : { teamId }),
      ...(enterpriseId === undefined ? {} : { enterpriseId }),
    }),
    ignoreSelf: false,
    convoStore: false,
    clientOptions: { slackApiUrl: settings.apiUrl },
    logger,
  })
  const parts: SlackParts = {
    app,
    workspaces,
    responseBases: [RESPONSES, ...standIn(settings.apiUrl)],
    stopping: stopping.signal,
  }
  listen(slack, parts, once)
  app.addDoor(slackDoor(parts))

  return {
    door: way.door,
    start: () => way.start(),
    stop: async () => {
      await way.stop()
      stopping.abort()
      await once.settled()
    },
  }
}

/** What stands in for Slack in tests takes replies as well. */
function standIn(apiUrl: string): readonly string[] {
  const { hostname, origin } = new URL(apiUrl)
  return hostname === 'slack.com' ? [] : [`${origin}/`]
}
