/** The machines of the demo: a state directory, a bot in local mode with its database and cloud, a source's agent. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Reply } from '../../core/commands/reply.ts'
import { createAlicloud } from '../../core/adapters/alicloud/cloud.ts'
import type { Cloud } from '../../core/ports/cloud.ts'
import { SANDBOX_KEY } from '../../sandbox/ecs/options.ts'
import { ask, until } from './ask.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** The demo does not wait ten seconds for a receiver that it has killed itself. */
const RECONNECT_MS = '2000'

export interface Stage {
  readonly server: string
  readonly botPid: number
  /** Where snapshots lie as files: for the proof. */
  readonly sandboxHome: string
  /** Asks as one of the two people; the token is read from their token file. */
  ask(person: 'alice' | 'bob', text: string): Promise<Reply>
  /** Starts the agent as the source's operator would, with the code that `enrol` gave. */
  startAgent(code: string, disks: readonly string[]): void
  /** Kills the processes of a machine in the cloud; the instance itself keeps running. */
  killMachine(instanceId: string): Promise<void>
  /** The cloud, asked with an account of its own: what Ferry says is not believed in the proof. */
  cloud(): Cloud
  /** Stops everything that was started. May be repeated. */
  stop(): Promise<void>
}

/** Sets the stage in `directory`. Throws when the bot does not start; its log is beside. */
export async function setStage(directory: string, port: number): Promise<Stage> {
  mkdirSync(join(directory, 'logs'), { recursive: true })
  const stateDirectory = join(directory, 'ferry')
  const children: ChildProcess[] = []
  const start = (name: string, args: readonly string[], env: Record<string, string>): ChildProcess => {
    const log = openSync(join(directory, 'logs', `${name}.log`), 'a')
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
    })
    closeSync(log)
    children.push(child)
    return child
  }
  const bot = start('bot', ['--import', 'tsx', 'bot/main.ts'], {
    FERRY_STATE_DIR: stateDirectory,
    FERRY_PORT: String(port),
    FERRY_LOG_LEVEL: 'info',
  })
  const server = `http://127.0.0.1:${port}`
  const stop = async (): Promise<void> => {
    for (const child of children.splice(0).reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  }
  try {
    await until(
      'the bot',
      () => isUp(server, bot),
      (isThere) => isThere,
    )
  } catch (error) {
    await stop()
    throw error
  }
  const token = (person: string): string =>
    readFileSync(join(stateDirectory, 'tokens', person), 'utf8').trim()
  const endpoint = (): string => {
    const file = readFileSync(join(stateDirectory, 'sandbox.json'), 'utf8')
    return (JSON.parse(file) as { facts: { endpoint: string } }).facts.endpoint
  }
  return {
    server,
    botPid: bot.pid ?? 0,
    sandboxHome: join(stateDirectory, 'sandbox'),
    ask: (person, text) => ask(server, token(person), text),
    startAgent: (code, disks) => {
      const home = join(directory, 'source', 'agent')
      const options = [
        '--server',
        server,
        '--code',
        code,
        '--home',
        home,
        ...disks.flatMap((disk) => ['--disk', disk]),
      ]
      start('agent', ['dist/agent/ferry-agent.mjs', ...options], { FERRY_RECONNECT_MS: RECONNECT_MS })
    },
    killMachine: async (instanceId) => {
      const reply = await fetch(`http://${endpoint()}/__instances/${instanceId}/kill`, { method: 'POST' })
      if (!reply.ok) throw new Error(`the sandbox did not kill ${instanceId}: ${await reply.text()}`)
    },
    cloud: () =>
      createAlicloud({
        region: 'cn-hangzhou',
        accessKeyId: SANDBOX_KEY.id,
        accessKeySecret: SANDBOX_KEY.secret,
        endpoint: endpoint(),
        protocol: 'HTTP',
      }),
    stop,
  }
}

async function isUp(server: string, bot: ChildProcess): Promise<boolean> {
  if (bot.exitCode !== null) throw new Error(`the bot ended with ${bot.exitCode}`)
  const reply = await fetch(`${server}/readyz`).catch(() => undefined)
  return reply?.ok === true
}
