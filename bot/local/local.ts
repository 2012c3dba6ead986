/** Local mode: the whole of Ferry on one Linux machine, with nothing but Node. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { startOwnDatabase } from '../../core/app/own-database.ts'
import { SANDBOX_KEY } from '../../sandbox/ecs/options.ts'
import { claimStateDirectory } from './claim.ts'
import { writePolicy } from './people.ts'
import { ROOT } from './root.ts'
import { startSandboxProcess } from './sandbox-process.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface Local {
  /** The environment that the bot is to run in. */
  readonly env: Environment
  /** The sandbox answers at once; what boots in it may be emulated, and a boot that fails says so on its console. */
  readonly timings: { readonly cloudLookMs: number; readonly bootMs: number }
  /** Makes the bot known to the CLI; returns what people should read. */
  announce(url: string): Promise<string>
  stop(): Promise<void>
}

/** Local mode is for who brings neither a database nor a cloud. */
export function wantsLocalMode(env: Environment): boolean {
  return ['DATABASE_URL', 'ALIBABA_CLOUD_ACCESS_KEY_ID', 'FERRY_ECS_ENDPOINT'].every((name) => !env[name])
}

/** Starts database and sandbox, or finds those of a bot that was killed. */
export async function startLocal(env: Environment): Promise<Local> {
  const directory = resolve(env['FERRY_STATE_DIR'] || '.ferry')
  const claim = await claimStateDirectory(directory)
  const stops: (() => Promise<void>)[] = [() => claim.release()]
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each()
  }
  try {
    const starting = [
      startOwnDatabase(join(directory, 'postgres')).then((started) => {
        stops.push(() => started.stop())
        return started
      }),
      startSandboxProcess(directory).then((started) => {
        stops.push(() => started.stop())
        return started
      }),
      buildBundles(env),
    ] as const
    // One that fails must not leave the others behind.
    await Promise.allSettled(starting)
    const [database, sandbox] = await Promise.all(starting)
    const policy = env['FERRY_POLICY'] || (await writePolicy(directory, sandbox))
    return {
      env: {
        FERRY_LOG_LEVEL: 'warn',
        // Nobody else can take over, but the next start of this bot: it need not wait long for a killed one.
        FERRY_LEASE_SECONDS: '10',
        FERRY_BUNDLES: join(ROOT, 'dist', 'agent'),
        ...env,
        DATABASE_URL: database.url,
        FERRY_POLICY: policy,
        FERRY_ECS_ENDPOINT: sandbox.endpoint,
        FERRY_ECS_PROTOCOL: 'http',
        ALIBABA_CLOUD_ACCESS_KEY_ID: SANDBOX_KEY.id,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: SANDBOX_KEY.secret,
      },
      timings: { cloudLookMs: 300, bootMs: 180_000 },
      announce: async (url) => {
        await claim.announce(url)
        return whatRunsWhere(url, sandbox.endpoint, directory)
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Agent and receiver are served as bundles; the first start builds them. */
async function buildBundles(env: Environment): Promise<void> {
  if (env['FERRY_BUNDLES'] || existsSync(join(ROOT, 'dist', 'agent', 'ferry-receiver.mjs'))) return
  const child = spawn(process.execPath, ['--import', 'tsx', join('scripts', 'bundle.ts')], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error('The agent and the receiver could not be built: run `npm run bundle`.')
}

function whatRunsWhere(url: string, endpoint: string, directory: string): string {
  const inside = relative(process.cwd(), directory)
  const shown = inside === '' || inside.startsWith('..') ? directory : inside
  return `Ferry runs on this machine, all of it:
  bot        ${url}
  cloud      http://${endpoint} (a local Alibaba ECS; nothing costs money)
  state      ${shown}/ (database, disks, images, policy file ferry.yaml)
  you        alice, admin; with \`--as bob\` bob, approver
In another terminal:
  npm run ferry -- help
  npm run ferry -- enrol web-01
Ctrl-C stops everything; the next start goes on from here.`
}
