/** The bot's one HTTP server: it takes requests in and hands each to its door. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Answers a request; the path decides which door it is. */
export type Door = (request: IncomingMessage, response: ServerResponse) => unknown

export interface Doors {
  readonly slack: Door | undefined
  readonly github?: Door | undefined
  /** Everything else: the API for people and machines, health. */
  readonly api: Door
}

interface BotServer {
  readonly port: number
  /** Until doors are set, every request is answered with 503: the bot is starting. */
  open(doors: Doors): void
  /** Takes no new requests, lets the running ones end for `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>
}

/** No longer body is taken; it is refused before a door sees it. Doors count what comes without a length. */
const BODY_BYTES = 1_048_576
/** GitHub alone sends longer ones, up to this. */
const GITHUB_BYTES = 25 * BODY_BYTES
const IDLE_MS = 20

/** `onError` hears of what a door did not catch; who asked gets a 500. */
export async function startServer(
  host: string,
  port: number,
  onError: (error: unknown) => void,
): Promise<BotServer> {
  let doors: Doors | undefined
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const most = path.startsWith('/github/') ? GITHUB_BYTES : BODY_BYTES
    if (Number(request.headers['content-length'] ?? 0) > most)
      return plain(response, 413, `The body is longer than ${most} bytes.`)
    if (doors === undefined) return plain(response, 503, 'Ferry is starting.')
    const [door, isOff] = doorOf(doors, path)
    if (door === undefined) return plain(response, 404, isOff)
    void pass(door, request, response, onError)
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    open: (opened) => {
      doors = opened
    },
    close: async (graceMs) => {
      const closed = once(server, 'close')
      server.close()
      // A connection whose last request ends only now would be kept alive for the next one, which never comes.
      const idle = setInterval(() => server.closeIdleConnections(), IDLE_MS)
      const cut = setTimeout(() => server.closeAllConnections(), graceMs)
      await closed
      clearInterval(idle)
      clearTimeout(cut)
    },
  }
}

/** The door of a path, and what is said where it is not set up. */
function doorOf(doors: Doors, path: string): readonly [Door | undefined, string] {
  if (path.startsWith('/slack/')) return [doors.slack, 'Slack is not set up: docs/slack.md leads through it.']
  if (path.startsWith('/github/'))
    return [doors.github, 'GitHub is not set up: docs/github-app.md leads through it.']
  return [doors.api, '']
}

async function pass(
  door: Door,
  request: IncomingMessage,
  response: ServerResponse,
  onError: (error: unknown) => void,
): Promise<void> {
  try {
    await door(request, response)
  } catch (error) {
    onError(error)
    if (!response.headersSent) plain(response, 500, 'Ferry met a problem it does not know.')
    else response.destroy()
  }
}

/** A short answer in plain words. The connection ends with it: an unread body must not be taken for a request. */
export function plain(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
  response.end(`${sentence}\n`)
}
