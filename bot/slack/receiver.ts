/** The way in: signed requests on the bot's one server, or a socket that the bot opens itself. */
import { HTTPReceiver, SocketModeReceiver } from '@slack/bolt'
import type { InstallationStore, Logger, Receiver } from '@slack/bolt'
import { deriveState, INSTALL_PATH, installPage, REDIRECT_PATH } from './install.ts'
import type { SlackSettings } from './parts.ts'
import type { Door } from '../server.ts'
import { plain } from '../server.ts'
import { BOT_SCOPES } from './manifest.ts'
import type { FrontParts } from './front.ts'
import { slackFront } from './front.ts'

export const EVENTS_PATH = '/slack/events'

const RETRIES = { retries: 1000, minTimeout: 500, maxTimeout: 10_000 }

export interface WayIn {
  readonly receiver: Receiver
  /** What the bot's server hands paths under /slack/ to. */
  readonly door: Door
  /** Opens the socket, if there is one. */
  start(): Promise<void>
  stop(): Promise<void>
}

type Parts = Omit<FrontParts, 'signingSecret'> & {
  readonly logger: Logger
  readonly store: InstallationStore | undefined
  readonly serverUrl: string
}

export function wayIn(settings: SlackSettings, parts: Parts): WayIn {
  return settings.transport.kind === 'socket'
    ? bySocket(settings, settings.transport.appToken, parts)
    : byHttp(settings, settings.transport.signingSecret, parts)
}

function bySocket({ apiUrl }: SlackSettings, appToken: string, { logger }: Parts): WayIn {
  const receiver = new SocketModeReceiver({
    appToken,
    logger,
    // For as long as Slack is away: by itself Bolt gives up, or waits for half an hour between two tries.
    installerOptions: { clientOptions: { slackApiUrl: apiUrl, retryConfig: RETRIES } },
  })
  const { client } = receiver
  const open = client.start.bind(client)
  return {
    receiver,
    door: (_request, response) =>
      plain(response, 404, 'Slack comes by Socket Mode (SLACK_APP_TOKEN): nothing is taken here.'),
    start: async () => {
      await receiver.start()
      // From now on nobody waits for it: the client opens the socket again by itself, and its failure must be heard.
      client.start = () =>
        open().catch((error: unknown) => {
          logger.error('Slack takes the socket no more: check SLACK_APP_TOKEN and start the bot again', error)
          return { ok: false }
        })
    },
    stop: async () => void (await receiver.stop()),
  }
}

function byHttp(settings: SlackSettings, signingSecret: string, parts: Parts): WayIn {
  const { logger } = parts
  const receiver = new HTTPReceiver({
    signingSecret,
    endpoints: [EVENTS_PATH],
    logger,
  })
  const pages = installPages(settings, signingSecret, parts)
  const front = slackFront({ ...parts, signingSecret }, (request, response) =>
    receiver.requestListener(request, response),
  )
  return {
    receiver,
    door: (request, response) => {
      const path = (request.url ?? '/').split('?')[0] ?? '/'
      if (path === EVENTS_PATH && request.method === 'POST') return front(request, response)
      if (pages !== undefined && [INSTALL_PATH, REDIRECT_PATH].includes(path) && request.method === 'GET')
        return pages(request, response)
      return plain(response, 404, `There is nothing under this path; Slack posts to ${EVENTS_PATH}.`)
    },
    start: async () => undefined,
    stop: async () => undefined,
  }
}

/** Bolt's pages of an installation. A receiver of their own: the one of events looks tokens up by itself otherwise. */
function installPages(
  { access, apiUrl }: SlackSettings,
  signingSecret: string,
  { logger, store, serverUrl }: Parts,
): HTTPReceiver['requestListener'] | undefined {
  if (access.kind !== 'oauth' || store === undefined) return undefined
  const pages = new HTTPReceiver({
    ...{ signingSecret, endpoints: [EVENTS_PATH], logger },
    clientId: access.clientId,
    clientSecret: access.clientSecret,
    stateSecret: deriveState(access.sealKey),
    redirectUri: `${serverUrl}${REDIRECT_PATH}`,
    scopes: [...BOT_SCOPES],
    installationStore: store,
    installerOptions: installPage(apiUrl),
  })
  return pages.requestListener
}
