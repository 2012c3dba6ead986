/** The bot: starts everything in order, stops it in order on SIGTERM or SIGINT, reads its policy again on SIGHUP. */
import { prepareApp } from '../core/app.ts'
import { createApi } from './api/api.ts'
import { createGitHub } from './github/github.ts'
import { startLocal, wantsLocalMode } from './local/local.ts'
import { startServer } from './server.ts'
import { createSlack } from './slack/slack.ts'

/** How long requests in progress may take once the bot is asked to stop. */
const GRACE_MS = 5000

/** What must be undone, the last first. */
const stops: (() => Promise<void>)[] = []
let stopping: Promise<never> | undefined
/** What a SIGHUP asks for; a bot that is starting reads the file anyway. */
let reload: () => Promise<void> = async () => undefined

async function stopAll(code: number): Promise<never> {
  for (const stop of stops.splice(0).reverse())
    await stop().catch((error: unknown) => {
      console.error(`While stopping: ${error instanceof Error ? error.message : String(error)}`)
      code = 1
    })
  process.exit(code)
}

async function main(): Promise<void> {
  const local = wantsLocalMode(process.env) ? await startLocal(process.env) : undefined
  if (local !== undefined) stops.push(() => local.stop())
  const prepared = prepareApp(local?.env ?? process.env, local?.timings)
  const { log, host, slack, github } = prepared
  // Whatever nobody caught: the state is in the database, so the safest is to end and be started again.
  process.on('uncaughtException', (error) => {
    log.error('an error that nobody caught ends this process', { error })
    process.exit(1)
  })

  const server = await startServer(host, prepared.port, (error) => log.error('a request failed', { error }))
  stops.push(() => server.close(GRACE_MS))
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`
  const app = await prepared.open(url)
  const door = slack === undefined ? undefined : createSlack(app, slack)
  // Requests that are held open end first, else the server could not close; the store closes after the last of them.
  stops.pop()
  stops.push(
    () => app.stop(),
    async () => door?.stop(),
    () => server.close(GRACE_MS),
    async () => app.endWaits(),
  )
  const atGitHub = github === undefined ? undefined : createGitHub(app, github)
  server.open({ api: createApi(app), slack: door?.door, github: atGitHub?.door })
  await app.start(atGitHub?.ticks)
  // Slack may be away: the rest of Ferry does not wait for it.
  void door?.start().catch((error: unknown) => log.error('slack cannot be reached', { error }))
  const failed = (error: unknown): void => log.error('the policy file could not be read again', { error })
  reload = () => app.reloadPolicy().catch(failed)
  if (local === undefined) log.info('the bot is ready', { url })
  else console.log(await local.announce(url))
}

const started = main().catch((error: unknown) => {
  // A problem of the configuration, a port or a directory in use: the sentence is enough. A bug shows where it is.
  const isPlain = error instanceof Error && (error.name !== 'Error' || 'code' in error)
  console.error(isPlain ? error.message : error)
  stopping ??= stopAll(1)
})

// The terminal of local mode hangs up when it is closed: then nobody would be left to stop the bot.
const isOwnTerminal = wantsLocalMode(process.env) && process.stdin.isTTY
if (!isOwnTerminal) process.on('SIGHUP', () => void reload())

for (const signal of ['SIGTERM', 'SIGINT', ...(isOwnTerminal ? (['SIGHUP'] as const) : [])] as const)
  process.on(signal, () => {
    // Asked twice, it goes at once: what is left behind is found by the next start.
    if (stopping !== undefined) process.exit(1)
    stopping = started.then(() => stopAll(0))
  })
