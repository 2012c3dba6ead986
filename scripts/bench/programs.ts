/** Agent and receiver as they are shipped, running beside each other on this machine, and what they cost. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ReceiverConfig } from '../../agent/protocol/control.ts'
import { BenchBot } from './bench-bot.ts'

/** Linux counts CPU time in hundredths of a second, on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100
/** For profiles: `--perf-basic-prof` and the like. */
const NODE_FLAGS = (process.env['FERRY_BENCH_NODE'] ?? '').split(' ').filter(Boolean)
/** How long the programs may take to come up, and how long they are left alone then, in milliseconds. */
const START_MS = 20_000
const REST_MS = 300

/** What a program has used: CPU since its start, and the most memory it ever held. */
export interface Usage {
  readonly cpuSeconds: number
  readonly peakRssMiB: number
}

export interface Pair {
  readonly bot: BenchBot
  /** Where the receiver listens. */
  readonly port: number
  /** Where the receiver's disks are, in order. */
  readonly targets: readonly string[]
  readonly agentUsage: () => Usage
  readonly receiverUsage: () => Usage
  readonly close: () => Promise<void>
}

/** The built programs. */
export interface Bundles {
  readonly agent: string
  readonly receiver: string
}

function usageOf(child: ChildProcess): Usage {
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
  // The name in brackets may hold spaces: fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  const peakKiB = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0)
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    peakRssMiB: peakKiB / 1024,
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

function started(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
): { child: ChildProcess; log: () => string } {
  const child = spawn(process.execPath, [...NODE_FLAGS, program, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr?.setEncoding('utf8').on('data', (part: string) => (log += part))
  return { child, log: () => log }
}

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/**
 * Starts both programs below `directory` for these source disks, with blank targets of the same sizes, and returns
 * when both wait for work.
 */
export async function startPair(
  directory: string,
  bundles: Bundles,
  sources: readonly { readonly path: string; readonly sizeBytes: number }[],
): Promise<Pair> {
  const bot = new BenchBot()
  const server = await bot.start()
  const devices = join(directory, 'dev')
  const home = join(directory, 'receiver')
  for (const path of [devices, home]) mkdirSync(path, { recursive: true })
  const disks = sources.map(({ sizeBytes }, index) => ({
    index,
    device: `vd${'bcdefghijklmnopqr'.charAt(index)}`,
    sizeBytes,
    blank: true,
  }))
  const targets = disks.map(({ device }) => join(devices, device))
  for (const [i, target] of targets.entries()) {
    const fd = openSync(target, 'w')
    ftruncateSync(fd, sources[i]?.sizeBytes ?? 0)
    closeSync(fd)
  }
  const port = await freePort()
  const config: ReceiverConfig = { mode: 'receive', server, token: 't', port, disks }
  writeFileSync(join(home, 'receiver.json'), JSON.stringify(config))
  const receiver = started(bundles.receiver, [], {
    FERRY_HOME: home,
    FERRY_DEV: devices,
    FERRY_LISTEN: '127.0.0.1',
  })
  const named = sources.flatMap(({ path }) => ['--disk', path])
  const agentHome = join(directory, 'agent')
  const enrol = ['--server', server, '--code', 'c', '--home', agentHome, ...named]
  const agent = started(bundles.agent, enrol, {})
  const close = async (): Promise<void> => {
    await Promise.all([gone(agent.child), gone(receiver.child)])
    bot.stop()
  }
  const end = Date.now() + START_MS
  while (!bot.isAsked() || !receiver.log().includes('the disks are ready')) {
    if (Date.now() > end) {
      await close()
      throw new Error(`the programs did not start:\n${agent.log()}${receiver.log()}`)
    }
    await sleep(20)
  }
  await sleep(REST_MS)
  return {
    bot,
    port,
    targets,
    agentUsage: () => usageOf(agent.child),
    receiverUsage: () => usageOf(receiver.child),
    close,
  }
}
