/** The composition root: the one place where ports meet their adapters. */
import { randomBytes } from 'node:crypto'
import { failpoint } from '../agent/protocol/failpoint.ts'
import { loadBundles } from './adapters/agents/bundles.ts'
import { ticketKey } from './adapters/agents/keys.ts'
import { createMachines } from './adapters/agents/machines.ts'
import { createAlicloud } from './adapters/alicloud/cloud.ts'
import type { Tick } from './adapters/bree/clock.ts'
import { startTicks } from './adapters/bree/clock.ts'
import { migrate } from './adapters/postgres/migrate.ts'
import { openStore } from './adapters/postgres/store.ts'
import type { App } from './app/assemble.ts'
import { assembleApp } from './app/assemble.ts'
import { createAsk } from './app/ask.ts'
import { carryCutovers } from './app/carry-cutovers.ts'
import { createCarryOut } from './app/carry-out-approved.ts'
import { systemClock } from './app/clock.ts'
import { createDoorWork } from './app/door-ticks.ts'
import type { Door } from './app/doors.ts'
import { engineSettings } from './app/engine-settings.ts'
import { withFailpoints } from './app/failpoints.ts'
import { livePolicy } from './app/live-policy.ts'
import { createLog } from './app/log.ts'
import { catalogue } from './commands/catalogue.ts'
import type { Config } from './config.ts'
import { readConfig } from './config.ts'
import type { Environment } from './config/variables.ts'
import { createEngine } from './engine/engine.ts'
import type { Timings } from './engine/parts.ts'
import type { Cloud } from './ports/cloud.ts'
import type { Log } from './ports/log.ts'
import type { Store } from './ports/store.ts'

/** How often the doors look for what has moved. */
const DOOR_TICK_MS = 1000

/** Ferry with its configuration read and nothing opened yet: what `bot/main.ts` starts from. */
export interface Prepared {
  readonly host: string
  readonly port: number
  readonly slack: Config['slack']
  readonly github: Config['github']
  readonly log: Log
  /** Opens the database, brings it to this version, and puts everything together. `serverUrl`: where this bot is. */
  open(serverUrl: string): Promise<App>
}

/**
 * Reads the configuration. Throws `ConfigProblems` with all that is wrong. `timings`: for local mode and tests. `passing`:
 * is told of every failpoint that is passed, for tests that let a bot die without its process.
 */
export function prepareApp(
  env: Environment,
  timings: Partial<Timings> = {},
  passing?: (name: `bot:${string}`) => void,
): Prepared {
  const config = readConfig(env)
  const log = createLog({ level: config.logLevel, secrets: config.secrets })
  return {
    host: config.host,
    port: config.port,
    slack: config.slack,
    github: config.github,
    log,
    open: (serverUrl) =>
      openApp(
        config,
        config.publicUrl ?? serverUrl,
        log,
        timings,
        passing ?? (config.failpoints ? failpoint : undefined),
      ),
  }
}

async function openApp(
  config: Config,
  serverUrl: string,
  log: Log,
  timings: Partial<Timings>,
  passing: ((name: `bot:${string}`) => void) | undefined,
): Promise<App> {
  await migrate(config.databaseUrl)
  const opened = await openStore(config.databaseUrl)
  try {
    const store: Store = passing === undefined ? opened : withFailpoints(opened, 'store', passing)
    const cloud = passing === undefined ? cloudOf(config) : withFailpoints(cloudOf(config), 'cloud', passing)
    const clock = systemClock
    const bundles = await loadBundles(config.bundles)
    const stopping = new AbortController()
    const machines = createMachines({
      store,
      clock,
      ticketKey: await ticketKey(store),
      bundles,
      transfer: config.transfer,
      stopping: stopping.signal,
    })
    const makeSecret = (): string => randomBytes(32).toString('base64url')
    const policy = livePolicy(config.policy, { path: config.policyPath, store, log })
    const installed = { store, bundles, serverUrl, policy: policy.current }
    const settings = await engineSettings(config, installed, makeSecret, timings)
    const doors: Door[] = []
    const startWork = async (ofDoors: readonly Tick[]): Promise<{ stop(): Promise<void> }> => {
      const doorMs = Math.min(DOOR_TICK_MS, settings.timings.dueTickMs)
      const atDoors = createDoorWork({ store, clock, policy: policy.current, log }, doors, doorMs)
      const engine = createEngine({ store, cloud, clock, random: Math.random, log, settings }, atDoors.spread)
      engine.start()
      const ask = createAsk({ store, clock, policy: policy.current, catalogue, serverUrl, bundles, log })
      const now = () => ({ store, clock, policy: policy.current(), log, ask })
      const carryOut = createCarryOut()
      const ofPeople: readonly Tick[] = [
        { name: 'cutovers', everyMs: doorMs, run: () => carryCutovers(now()) },
        { name: 'approved', everyMs: doorMs, run: () => carryOut(now()) },
      ]
      const ticks = await startTicks(
        [...engine.ticks, ...atDoors.ticks, ...ofDoors, ...ofPeople],
        (error, tick) => log.error('a tick failed', { tick, error }),
      )
      return {
        stop: async () => {
          await ticks.stop()
          await engine.stop()
        },
      }
    }
    return assembleApp({
      store,
      clock,
      policy: policy.current,
      reloadPolicy: policy.reload,
      catalogue,
      machines,
      bundles,
      serverUrl,
      log,
      makeSecret,
      doors,
      startWork,
      stopping,
    })
  } catch (error) {
    await opened.close()
    throw error
  }
}

function cloudOf(config: Config): Cloud {
  const { accessKeyId, accessKeySecret, securityToken, endpoint, protocol } = config.cloud
  return createAlicloud({
    region: config.policy.cloud.region,
    accessKeyId,
    accessKeySecret,
    ...(securityToken === undefined ? {} : { securityToken }),
    ...(endpoint === undefined ? {} : { endpoint }),
    protocol: protocol === 'http' ? 'HTTP' : 'HTTPS',
  })
}
