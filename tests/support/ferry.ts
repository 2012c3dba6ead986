/** The whole product for one test file: PostgreSQL, the sandbox, the bot with its engine, and real agents. */
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll } from 'vitest'
import { createApi } from '../../bot/api/api.ts'
import { createGitHub } from '../../bot/github/github.ts'
import { startServer } from '../../bot/server.ts'
import { createSlack } from '../../bot/slack/slack.ts'
import { createAlicloud } from '../../core/adapters/alicloud/cloud.ts'
import { openStore } from '../../core/adapters/postgres/store.ts'
import { prepareApp } from '../../core/app.ts'
import type { Reply } from '../../core/commands/reply.ts'
import type { Timings } from '../../core/engine/parts.ts'
import type { Cloud } from '../../core/ports/cloud.ts'
import type { Store } from '../../core/ports/store.ts'
import { buildAgents } from '../../scripts/bundle.ts'
import { snapshotFile } from '../../sandbox/ecs/bytes.ts'
import type { SandboxOptions } from '../../sandbox/ecs/options.ts'
import { startSandbox } from '../../sandbox/ecs/server.ts'
import type { Sandbox } from '../../sandbox/ecs/server.ts'
import { eventually } from './eventually.ts'
import { freshDatabase } from './postgres.ts'
import { REAL_TIME } from './real-time.ts'
import { ROOT } from './run.ts'
import { killAgent, startAgent } from './source-agent.ts'
import type { SourceDisk } from './source-disks.ts'
import { sourceDisks } from './source-disks.ts'

const PEOPLE = {
  vera: 'viewer',
  olga: 'operator',
  oscar: 'operator',
  paula: 'approver',
  pete: 'approver',
  ada: 'admin',
} as const
type PersonName = keyof typeof PEOPLE

/** Nothing here takes as long as in a cloud. */
const QUICK: Partial<Timings> = {
  lookMs: 50,
  cloudLookMs: 50,
  bootMs: 300,
  receiverBeatMs: 600,
  receiverSilenceMs: 1500,
  receiverStartMs: 20_000,
  lostConfirmMs: 150,
  inspectMs: 20_000,
  dueTickMs: 200,
  cleanUpTickMs: 250,
}

const QUICK_GITHUB = { inboxMs: 100, gatesMs: 100, lookMs: 300, reconcileMs: 300, paceMs: 500 }

interface FerryOptions {
  readonly sandbox?: Partial<SandboxOptions>
  readonly timings?: Partial<Timings>
  /** How many others must approve, by command; `complete` one by default. */
  readonly approvals?: Readonly<Record<string, number>>
  /** What else stands under `cloud` in the policy file. */
  readonly cloud?: object
  /** Other sections of the policy file. */
  readonly policy?: object
  /** What else the policy file says of a person. */
  readonly people?: Partial<Record<PersonName, object>>
  /** Other variables of the bot’s environment. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Ferry {
  readonly url: string
  readonly store: Store
  readonly sandbox: Sandbox
  /** For what no command does: letting time pass. */
  readonly sql: postgres.Sql
  /** The cloud, asked past Ferry. */
  readonly cloud: Cloud
  /** Asks the API as the CLI does; what cannot be taken back is confirmed unless a test says otherwise. */
  ask(person: PersonName, text: string, options?: { confirmed?: boolean }): Promise<Reply>
  /** The same, for what must not be refused. */
  tell(text: string, person?: PersonName): Promise<Reply>
  /** Enrols a source with disks of these sizes and starts its agent; resolves when it is online. */
  startSource(name: string, sizes: readonly number[]): Promise<readonly SourceDisk[]>
  /** The same with disks that exist. */
  startSourceOf(name: string, paths: readonly string[]): Promise<void>
  /** Waits for a state of a job, with the sync of this number ended; an Error that is not waited for fails at once. */
  waitFor(job: string, state: string, afterSync?: number, forMs?: number): Promise<Reply>
  /** Source, job and full sync, with automatic sync on. */
  migrate(name: string, sizes: readonly number[], settings?: string): Promise<readonly SourceDisk[]>
  /** What lies on a disk of an image, as far as the source's disk reaches. Read from the cloud's files. */
  imageBytes(cloudId: string, disk: number, sizeBytes: number): Promise<Buffer>
}

/** Starts it all; it is stopped with the test file. */
export async function startFerry(options: FerryOptions = {}): Promise<Ferry> {
  const home = mkdtempSync(join(tmpdir(), 'ferry-whole-'))
  const stops: (() => Promise<unknown>)[] = [async () => rmSync(home, { recursive: true, force: true })]
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop()
  })
  if (!existsSync(join(ROOT, 'dist', 'agent', 'ferry-receiver.mjs'))) await buildAgents()
  const sandbox = await startSandbox({
    speed: 0,
    machineEnvironment: { FERRY_HEARTBEAT_MS: '200' },
    ...options.sandbox,
    home: join(home, 'sandbox'),
  })
  stops.push(() => sandbox.stop())
  writeFileSync(join(home, 'ferry.yaml'), policy(sandbox, options))
  const databaseUrl = await freshDatabase()
  const { id: accessKeyId, secret: accessKeySecret } = sandbox.accessKey
  const prepared = prepareApp(
    {
      DATABASE_URL: databaseUrl,
      ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
      FERRY_ECS_ENDPOINT: sandbox.endpoint,
      FERRY_ECS_PROTOCOL: 'http',
      FERRY_POLICY: join(home, 'ferry.yaml'),
      FERRY_BUNDLES: join(ROOT, 'dist', 'agent'),
      FERRY_LEASE_SECONDS: REAL_TIME ? '30' : '5',
      FERRY_LOG_LEVEL: process.env['FERRY_LOG_LEVEL'] ?? 'silent',
      ...options.env,
    },
    REAL_TIME ? {} : { ...QUICK, ...options.timings },
  )
  const server = await startServer('127.0.0.1', 0, () => undefined)
  const url = `http://127.0.0.1:${server.port}`
  const app = await prepared.open(url)
  const github = prepared.github && createGitHub(app, prepared.github, QUICK_GITHUB)
  // Nobody counts here how many messages a minute has.
  const addDoor: typeof app.addDoor = (door) => app.addDoor({ ...door, showsPerMinute: 6000 })
  const slack = prepared.slack && createSlack({ ...app, addDoor }, prepared.slack)
  server.open({ api: createApi(app), slack: slack?.door, github: github?.door })
  stops.push(
    () => app.stop(),
    async () => slack?.stop(),
    () => server.close(2000),
    async () => app.endWaits(),
  )
  await app.start(github?.ticks)
  const store = await openStore(databaseUrl)
  const sql = postgres(databaseUrl, { max: 1 })
  stops.push(
    () => store.close(),
    () => sql.end(),
  )
  const { endpoint, region } = sandbox
  const cloud = createAlicloud({ region, accessKeyId, accessKeySecret, endpoint, protocol: 'HTTP' })

  const ask: Ferry['ask'] = async (person, text, { confirmed = true } = {}) => {
    const response = await fetch(`${url}/api/commands`, {
      method: 'POST',
      headers: { authorization: `Bearer ${person}`, 'content-type': 'application/json' },
      body: JSON.stringify({ text, confirmed }),
    })
    return (await response.json()) as Reply
  }
  const tell: Ferry['tell'] = async (text, person = 'olga') => {
    const reply = await ask(person, text)
    if (reply.outcome === 'refused') throw new Error(`"${text}" was refused: ${reply.code}: ${reply.title}`)
    return reply
  }
  const waitFor: Ferry['waitFor'] = (job, state, afterSync = 0, forMs = 20_000) =>
    eventually(
      `${job} in ${state}`,
      async () => {
        const reply = await ask('vera', `status ${job}`)
        if (reply.data?.['state'] === 'error' && state !== 'error')
          throw new Error(`${job} is in Error: ${JSON.stringify(reply.data['fault'])}`)
        // A reply is put together from several looks: a sync may have started between two of them.
        const isTorn = state === 'waiting' && reply.data?.['phase'] !== null
        const isThere = reply.data?.['state'] === state && Number(reply.data['sync']) >= afterSync
        return isThere && !isTorn ? reply : undefined
      },
      forMs,
    )
  const startSourceOf: Ferry['startSourceOf'] = async (name, paths) => {
    const { data } = await tell(`enrol ${name}`)
    const args = ['--server', url, '--code', String(data?.['code']), '--home', join(home, name, 'agent')]
    const agent = startAgent([...args, ...paths.flatMap((path) => ['--disk', path])])
    stops.push(() => killAgent(agent))
    await eventually(`the agent of ${name}`, async () => (await store.sources.named(name))?.agent)
  }
  const startSource: Ferry['startSource'] = async (name, sizes) => {
    const disks = sourceDisks(join(home, name), sizes)
    await startSourceOf(
      name,
      disks.map(({ path }) => path),
    )
    return disks
  }
  return {
    ...{ url, store, sandbox, sql, cloud, ask, tell, startSource, startSourceOf, waitFor },
    migrate: async (name, sizes, settings = '') => {
      const disks = await startSource(name, sizes)
      await tell(`create ${name} ${settings}`)
      await tell(`start ${name}`)
      await waitFor(name, 'waiting', 1)
      return disks
    },
    imageBytes: async (cloudId, disk, sizeBytes) => {
      const image = await cloud.image(cloudId)
      const file = openSync(snapshotFile(sandbox.home, image?.snapshotIds[disk] ?? 'none'), 'r')
      const bytes = Buffer.alloc(sizeBytes)
      readSync(file, bytes, 0, sizeBytes, 0)
      closeSync(file)
      return bytes
    },
  }
}

function policy(sandbox: Sandbox, options: FerryOptions): string {
  const { approvals = { complete: 1 }, cloud: more = {} } = options
  const people = (Object.entries(PEOPLE) as [PersonName, string][]).map(([name, role]) => ({
    ...{ name, role },
    tokens: [`sha256:${createHash('sha256').update(name).digest('hex')}`],
    ...options.people?.[name],
  }))
  const { vSwitch: vswitch, securityGroup: security_group, baseImage: base_image, zones } = sandbox
  const cloud = { zone: zones[0], vswitch, security_group, base_image, ...more }
  return JSON.stringify({ people, approvals, cloud, ...options.policy })
}
