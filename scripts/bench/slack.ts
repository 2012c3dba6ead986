/**
 * `npm run bench -- slack`: how fast the Slack door answers. The bot is a process of its own, on a PostgreSQL of its
 * own; this process is Slack: it sends signed commands at a steady rate, whatever the answers, and takes the replies.
 */
import { spawn } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { HOME, renderHome } from '../../bot/slack/render/home.ts'
import { migrate } from '../../core/adapters/postgres/migrate.ts'
import { openStore } from '../../core/adapters/postgres/store.ts'
import { startOwnDatabase } from '../../core/app/own-database.ts'
import { describeFleet } from '../../core/commands/describe-fleet.ts'
import { freePort } from '../demo/free-port.ts'
import { makeFleet } from './slack-fleet.ts'

const PER_SECOND = 100
const SECONDS = 20
const JOBS = 1000
const JOBS_AT_HOME = 500
const HOMES = 20
const SECRET = 'a-signing-secret-of-the-bench'
const USER = 'U0BENCH'

interface Figures {
  readonly ackP50: number
  readonly ackP99: number
  readonly worst: number
  readonly answered: number
  readonly sent: number
  readonly homeMs: number
  readonly homeRenderMs: number
}

export async function benchSlack(args: readonly string[]): Promise<void> {
  const folder = resolve('.ferry', 'bench-slack')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const database = await startOwnDatabase(join(folder, 'database'))
  try {
    const figures = await measure(folder, database.url)
    print(figures)
    if (args.includes('--json')) process.stdout.write(`${JSON.stringify(figures)}\n`)
  } finally {
    await database.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(folder: string, databaseUrl: string): Promise<Figures> {
  await migrate(databaseUrl)
  const store = await openStore(databaseUrl)
  try {
    await makeFleet(store, 0, JOBS_AT_HOME)
    const homes: number[] = []
    const renders: number[] = []
    for (let nth = 0; nth < HOMES; nth++) {
      const begun = performance.now()
      const fleet = await describeFleet({ store })
      const read = performance.now()
      renderHome(fleet, HOME).blocks('rich')
      homes.push(performance.now() - begun)
      renders.push(performance.now() - read)
    }
    await makeFleet(store, JOBS_AT_HOME, JOBS)
    return {
      ...(await commands(folder, databaseUrl)),
      ...{ homeMs: quantile(homes, 0.5), homeRenderMs: quantile(renders, 0.5) },
    }
  } finally {
    await store.close()
  }
}

/** Sends commands to a bot of its own process; what it answers later arrives at a server of ours. */
async function commands(
  folder: string,
  databaseUrl: string,
): Promise<Omit<Figures, 'homeMs' | 'homeRenderMs'>> {
  let answered = 0
  const slack = createServer((request, response) => {
    if ((request.url ?? '').startsWith('/responses')) answered += 1
    request.resume()
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ ok: true, channel: 'C1', ts: `${Date.now() / 1000}` }))
  })
  slack.listen(0, '127.0.0.1')
  await once(slack, 'listening')
  const origin = `http://127.0.0.1:${(slack.address() as AddressInfo).port}`
  const port = await freePort()
  const bot = spawn(process.execPath, ['--import', 'tsx', 'bot/main.ts'], {
    env: { ...process.env, ...botEnvironment(folder, databaseUrl, port, origin) },
    stdio: 'ignore',
  })
  try {
    const url = `http://127.0.0.1:${port}`
    while (
      !(await fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ))
    )
      await pause(100)
    // The first ones compile what the others run.
    for (let nth = 0; nth < PER_SECOND; nth++) await send(url, origin, nth)
    await pause(1000)
    answered = 0
    const sent = PER_SECOND * SECONDS
    const begun = performance.now()
    const times: Promise<number>[] = []
    for (let nth = 0; nth < sent; nth++) {
      await pause(Math.max(0, begun + (nth * 1000) / PER_SECOND - performance.now()))
      times.push(send(url, origin, nth))
    }
    const all = await Promise.all(times)
    for (let waited = 0; answered < sent && waited < 100; waited++) await pause(100)
    return {
      ...{ ackP50: quantile(all, 0.5), ackP99: quantile(all, 0.99), worst: Math.max(...all) },
      ...{ answered, sent },
    }
  } finally {
    bot.kill('SIGTERM')
    await once(bot, 'exit')
    slack.closeAllConnections()
    slack.close()
  }
}

function botEnvironment(folder: string, databaseUrl: string, port: number, origin: string) {
  const policy = join(folder, 'ferry.yaml')
  writeFileSync(
    policy,
    JSON.stringify({
      people: [{ name: 'bench', role: 'operator', slack: USER }],
      cloud: { zone: 'z', vswitch: 'v', security_group: 's', base_image: 'b' },
    }),
  )
  return {
    ...{
      DATABASE_URL: databaseUrl,
      FERRY_POLICY: policy,
      FERRY_PORT: String(port),
      FERRY_LOG_LEVEL: 'silent',
    },
    ...{ ALIBABA_CLOUD_ACCESS_KEY_ID: 'bench', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'bench-bench' },
    // Nothing of the cloud is wanted; nothing listens there.
    ...{ FERRY_ECS_ENDPOINT: '127.0.0.1:9', FERRY_ECS_PROTOCOL: 'http' },
    ...{ SLACK_SIGNING_SECRET: SECRET, SLACK_BOT_TOKEN: 'xoxb-bench', SLACK_API_URL: `${origin}/api/` },
  }
}

/** One command as Slack sends it; the time until it is acknowledged, in milliseconds. */
async function send(url: string, origin: string, nth: number): Promise<number> {
  const job = `bench-${String((nth * 37) % JOBS).padStart(4, '0')}`
  const body = new URLSearchParams({
    ...{ command: '/ferry', text: nth % 10 === 0 ? 'whoami' : `status ${job}`, user_id: USER, team_id: 'T1' },
    ...{ channel_id: 'C1', channel_name: 'bench', trigger_id: randomUUID() },
    response_url: `${origin}/responses/${nth}`,
  }).toString()
  const time = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha256', SECRET).update(`v0:${time}:${body}`).digest('hex')
  const begun = performance.now()
  const response = await fetch(`${url}/slack/events`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...{ 'x-slack-request-timestamp': time, 'x-slack-signature': `v0=${signature}` },
    },
  })
  await response.arrayBuffer()
  if (response.status !== 200) throw new Error(`the bot answered ${response.status}`)
  return performance.now() - begun
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function print({ ackP50, ackP99, worst, answered, sent, homeMs, homeRenderMs }: Figures): void {
  const rows = [
    {
      what: `commands acknowledged, p99, at ${PER_SECOND} a second with ${JOBS} jobs`,
      figure: `${ackP99.toFixed(0)} ms (median ${ackP50.toFixed(0)}, worst ${worst.toFixed(0)})`,
      ...{ aim: 'under 250 ms', isMet: ackP99 < 250 },
    },
    {
      what: 'of them answered within 10 s of the last',
      figure: `${answered} of ${sent}`,
      ...{ aim: 'all', isMet: answered === sent },
    },
    {
      what: `the App Home of ${JOBS_AT_HOME} jobs, read and built`,
      figure: `${homeMs.toFixed(0)} ms (built: ${homeRenderMs.toFixed(1)})`,
      ...{ aim: 'under 100 ms', isMet: homeMs < 100 },
    },
  ]
  for (const { what, figure, aim, isMet } of rows)
    process.stdout.write(`${isMet ? '✓' : '✗'} ${what.padEnd(62)} ${figure.padEnd(36)} aim: ${aim}\n`)
}
