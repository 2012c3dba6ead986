/** A bot with the GitHub door and its ticks; nothing of the engine runs, so jobs stay as tests have brought them there. */
import { createHash } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll } from 'vitest'
import { createApi } from '../../bot/api/api.ts'
import { createGitHub } from '../../bot/github/github.ts'
import { startServer } from '../../bot/server.ts'
import { openStore } from '../../core/adapters/postgres/store.ts'
import { prepareApp } from '../../core/app.ts'
import type { App, Tick } from '../../core/app/assemble.ts'
import type { Reply } from '../../core/commands/reply.ts'
import type { Store } from '../../core/ports/store.ts'
import type { GitHub } from './github.ts'
import { startGitHub } from './github.ts'
import { freshDatabase } from './postgres.ts'

const PEOPLE = {
  vera: 'viewer',
  olga: 'operator',
  oscar: 'operator',
  paula: 'approver',
  pete: 'approver',
  ada: 'admin',
} as const

export interface GitHubBot {
  readonly github: GitHub
  readonly url: string
  readonly app: App
  readonly store: Store
  readonly sql: postgres.Sql
  /** Asks as from a terminal, confirmed. */
  ask(person: keyof typeof PEOPLE, text: string): Promise<Reply>
  /** Stops the ticks and the server, as if it had died; what comes then is lost. */
  stop(): Promise<void>
  /** Starts it again on the same database. */
  start(): Promise<void>
}

/**
 * All but oscar are known to the policy: olga by login, the others by number. `passing`: is told of every failpoint
 * that is passed; what it throws ends whatever was about to happen.
 */
export async function startGitHubBot(
  policy: object = {},
  env: Readonly<Record<string, string>> = {},
  passing?: (name: `bot:${string}`) => void,
): Promise<GitHubBot> {
  const github = await startGitHub()
  const folder = mkdtempSync(join(tmpdir(), 'ferry-github-'))
  writeFileSync(join(folder, 'ferry-agent.mjs'), 'the agent')
  writeFileSync(join(folder, 'ferry-receiver.mjs'), 'the receiver')
  const people = Object.entries(PEOPLE).map(([name, role]) => ({
    ...{ name, role, tokens: [`sha256:${createHash('sha256').update(name).digest('hex')}`] },
    ...(name === 'oscar' ? {} : name === 'olga' ? { github: 'Olga' } : { github_id: github.idOf(name) }),
  }))
  const cloud = { zone: 'z', vswitch: 'v', security_group: 's', base_image: 'b' }
  writeFileSync(join(folder, 'ferry.yaml'), JSON.stringify({ people, cloud, ...policy }))
  const databaseUrl = await freshDatabase()
  const variables = {
    DATABASE_URL: databaseUrl,
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tNeverUsedHere',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'never-used-here',
    FERRY_POLICY: join(folder, 'ferry.yaml'),
    FERRY_BUNDLES: folder,
    FERRY_LOG_LEVEL: process.env['FERRY_LOG_LEVEL'] ?? 'silent',
    ...{ ...github.env, ...env },
  }
  const prepared = prepareApp(variables, {}, passing)
  const store = await openStore(databaseUrl)
  const sql = postgres(databaseUrl, { max: 1 })
  let stopBot: (() => Promise<void>) | undefined
  let app: App | undefined
  let url = ''
  const start = async (): Promise<void> => {
    const server = await startServer('127.0.0.1', 0, () => undefined)
    url = `http://127.0.0.1:${server.port}`
    const opened = await prepared.open(url)
    if (prepared.github === undefined) throw new Error('GitHub is not set up')
    const door = createGitHub(opened, prepared.github, {
      ...{ inboxMs: 50, gatesMs: 50, lookMs: 100, reconcileMs: 200 },
    })
    server.open({ api: createApi(opened), slack: undefined, github: door.door })
    const ticks = quickTicks(door.ticks, (error, tick) => opened.log.error('a tick failed', { error, tick }))
    app = opened
    github.sendTo(url)
    stopBot = async () => {
      github.sendTo(undefined)
      await ticks()
      opened.endWaits()
      await server.close(500)
      await opened.stop()
    }
  }
  const stop = async (): Promise<void> => {
    await stopBot?.()
    stopBot = undefined
  }
  await start()
  afterAll(async () => {
    await stop()
    await store.close()
    await sql.end()
    await github.stop()
  })
  return {
    ...{ github, store, sql, start, stop },
    get url() {
      return url
    },
    get app() {
      if (app === undefined) throw new Error('the bot was not started')
      return app
    },
    ask: async (person, text) => {
      const response = await fetch(`${url}/api/commands`, {
        method: 'POST',
        headers: { authorization: `Bearer ${person}`, 'content-type': 'application/json' },
        body: JSON.stringify({ text, confirmed: true }),
      })
      return (await response.json()) as Reply
    },
  }
}

/** The same as the clock of the product, which never ticks twice in a second. Returns what stops it. */
function quickTicks(ticks: readonly Tick[], onError: (error: unknown, tick: string) => void) {
  const stopping = new AbortController()
  const running = ticks.map(async ({ name, everyMs, run }) => {
    while (!stopping.signal.aborted) {
      await run(stopping.signal).catch((error: unknown) => onError(error, name))
      await pause(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })
  return async (): Promise<void> => {
    stopping.abort()
    await Promise.all(running)
  }
}
