import { createHash } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApi } from '../../bot/api/api.ts'
import { startServer } from '../../bot/server.ts'
import { createSlack } from '../../bot/slack/slack.ts'
import { prepareApp } from '../../core/app.ts'
import type { App } from '../../core/app/assemble.ts'
import type { Door } from '../../core/app/doors.ts'
import { freshDatabase } from './postgres.ts'

/** Who may do what in tests: one person per role. Their tokens are their names. */
export const PEOPLE = ['viewer', 'operator', 'approver', 'admin'] as const
export const SLACK_SECRET = 'a-signing-secret-for-tests'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export interface TestBot {
  readonly url: string
  /** Its database, for what no door does. */
  readonly databaseUrl: string
  readonly policyPath: string
  readonly app: App
  /** The doors that show and tell by themselves. */
  readonly doors: readonly Door[]
  /** Stops the doors and closes the database; nothing of the engine runs. */
  stop(): Promise<void>
}

export interface BotOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The section `workflows` of the policy file. */
  readonly workflows?: object
  /** The database of a bot that was stopped, and where it listened: it is started again. */
  readonly again?: Pick<TestBot, 'url' | 'databaseUrl'>
  /** What else the file says of a person. */
  readonly people?: Partial<Record<(typeof PEOPLE)[number], object>>
  /** More of the policy file. */
  readonly policy?: object
}

/** A bot on a port and a database of its own, with all its doors, on bundles that are only texts. */
export async function startTestBot(options: BotOptions = {}): Promise<TestBot> {
  const folder = mkdtempSync(join(tmpdir(), 'ferry-bot-'))
  writeFileSync(join(folder, 'ferry-agent.mjs'), 'the agent')
  writeFileSync(join(folder, 'ferry-receiver.mjs'), 'the receiver')
  writeFileSync(
    join(folder, 'ferry.yaml'),
    JSON.stringify({
      people: PEOPLE.map((name) => ({
        name,
        role: name,
        tokens: [`sha256:${sha256(name)}`],
        slack: `U-${name}`,
        ...options.people?.[name],
      })),
      ...(options.workflows === undefined ? {} : { workflows: options.workflows }),
      cloud: { zone: 'z', vswitch: 'v', security_group: 's', base_image: 'b' },
      ...options.policy,
    }),
  )
  const databaseUrl = options.again?.databaseUrl ?? options.env?.['DATABASE_URL'] ?? (await freshDatabase())
  const policyPath = join(folder, 'ferry.yaml')
  const prepared = prepareApp({
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tNeverUsedHere',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'never-used-here',
    FERRY_POLICY: policyPath,
    FERRY_BUNDLES: folder,
    FERRY_LOG_LEVEL: process.env['FERRY_LOG_LEVEL'] ?? 'silent',
    SLACK_SIGNING_SECRET: SLACK_SECRET,
    SLACK_BOT_TOKEN: 'xoxb-never-used-here',
    ...options.env,
    DATABASE_URL: databaseUrl,
  })
  const server = await startServer(
    '127.0.0.1',
    Number(options.again === undefined ? 0 : new URL(options.again.url).port),
    (error) => {
      throw error
    },
  )
  const url = `http://127.0.0.1:${server.port}`
  const doors: Door[] = []
  const app = { ...(await prepared.open(url)), addDoor: (door: Door) => void doors.push(door) }
  const slack = prepared.slack && createSlack(app, prepared.slack)
  server.open({ api: createApi(app), slack: slack?.door })
  await slack?.start()
  return {
    ...{ url, databaseUrl, policyPath, app, doors },
    stop: async () => {
      app.endWaits()
      await server.close(5000)
      await slack?.stop()
      await app.stop()
    },
  }
}
