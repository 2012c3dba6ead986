/** Starts real agents and receivers as processes, with a fake bot, for tests of the byte path. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, writeFileSync, closeSync, ftruncateSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AgentReport, ReceiverConfig, ReceiverReport, SyncOrder } from '../../agent/protocol/control.ts'
import { buildAgents } from '../../scripts/bundle.ts'
import { FakeBot } from './fake-bot.ts'

/** Waits for a fact to become true; asks every 20 ms. */
export async function until<T>(what: string, fact: () => T | undefined | false, ms = 20_000): Promise<T> {
  const end = Date.now() + ms
  for (;;) {
    const value = fact()
    if (value !== undefined && value !== false) return value
    if (Date.now() > end) throw new Error(`${what} did not happen within ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

let built: Promise<string[]> | undefined

/** Paths of the built bundles. Built once per test file, outside the repository: they must run on their own. */
export async function bundles(): Promise<{ readonly agent: string; readonly receiver: string }> {
  const [agent, receiver] = await (built ??= buildAgents(mkdtempSync(join(tmpdir(), 'ferry-bundles-'))))
  if (!agent || !receiver) throw new Error('the bundles were not built')
  return { agent, receiver }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A program under test. */
export class Program {
  readonly child: ChildProcess
  log = ''
  exit: { readonly code: number | null; readonly signal: string | null } | undefined

  constructor(command: string, args: readonly string[], env: Record<string, string>) {
    this.child = spawn(command, args, { env: { PATH: process.env['PATH'] ?? '', ...env }, cwd: tmpdir() })
    this.child.stderr?.on('data', (part: Buffer) => (this.log += part.toString()))
    this.child.stdout?.on('data', (part: Buffer) => (this.log += part.toString()))
    this.child.on('exit', (code, signal) => (this.exit = { code, signal }))
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await until('the exit', () => this.exit)
  }
}

export const MIB = 1024 * 1024

/** A file of this size, without data. */
export function sparse(path: string, sizeBytes: number): void {
  const fd = openSync(path, 'w')
  ftruncateSync(fd, sizeBytes)
  closeSync(fd)
}

export interface StageOptions {
  /** Sizes of the disks, in bytes. */
  readonly disks: readonly number[]
  readonly blank?: boolean
  readonly mode?: ReceiverConfig['mode']
  /** Disks of the source that are there already, in place of files of these sizes. */
  readonly sources?: readonly string[]
}

/** A source, an intermediate and a bot, in one temporary directory. */
export class Stage {
  readonly bot: FakeBot
  readonly path = mkdtempSync(join(tmpdir(), 'ferry-test-'))
  readonly port: number
  readonly options: StageOptions
  readonly programs: Program[] = []
  epoch = 0
  private constructor(bot: FakeBot, port: number, options: StageOptions) {
    this.bot = bot
    this.port = port
    this.options = options
    for (const directory of ['dev', 'receiver']) mkdirSync(join(this.path, directory))
    options.disks.forEach((sizeBytes, i) => {
      if (options.sources === undefined) sparse(this.source(i), sizeBytes)
      sparse(this.target(i), sizeBytes)
    })
    this.configure()
  }

  static async open(options: StageOptions): Promise<Stage> {
    return new Stage(await new FakeBot().start(), await freePort(), options)
  }

  configure(mode: ReceiverConfig['mode'] = this.options.mode ?? 'receive', server = this.bot.url): void {
    const disks = this.options.disks.map((sizeBytes, index) => ({
      index,
      device: `vd${'bcdefgh'.charAt(index)}`,
      sizeBytes,
      blank: this.options.blank ?? true,
    }))
    const config: ReceiverConfig = { mode, server, token: 'token-1', port: this.port, disks }
    writeFileSync(join(this.path, 'receiver', 'receiver.json'), JSON.stringify(config))
  }

  source(disk = 0): string {
    return this.options.sources?.[disk] ?? join(this.path, `source-${disk}.img`)
  }

  target(disk = 0): string {
    return join(this.path, 'dev', `vd${'bcdefgh'.charAt(disk)}`)
  }

  async receiver(env: Record<string, string> = {}): Promise<Program> {
    const { receiver } = await bundles()
    return this.started(
      new Program(process.execPath, [receiver], {
        FERRY_HOME: join(this.path, 'receiver'),
        FERRY_DEV: join(this.path, 'dev'),
        FERRY_LISTEN: '127.0.0.1',
        FERRY_HEARTBEAT_MS: '200',
        ...env,
      }),
    )
  }

  async agent(env: Record<string, string> = {}, ...flags: string[]): Promise<Program> {
    const { agent } = await bundles()
    const disks = this.options.disks.flatMap((_, i) => ['--disk', this.source(i)])
    const args = ['--server', this.bot.url, '--code', 'code-1', '--home', join(this.path, 'agent'), ...disks]
    args.push(...flags)
    return this.started(new Program(process.execPath, [agent, ...args], env))
  }

  started(program: Program): Program {
    this.programs.push(program)
    return program
  }

  /** Gives the agent an order with the next epoch. */
  async order(more: Partial<SyncOrder> = {}, ticketMs = 600_000): Promise<SyncOrder> {
    const registration = await until('the registration', () => this.bot.machine('token-1')?.registration)
    const disks = await until('the enrolment', () => this.bot.machine('code-1')?.enrolment?.disks)
    const epoch = ++this.epoch
    const sync = more.sync ?? 'sync-1'
    const ticket = this.bot.sign({
      job: 'job-1',
      sync,
      epoch,
      receiver: { machine: this.bot.machine('token-1')?.id ?? '', tlsPin: registration.tlsPin },
      disks: disks.map(({ index, sizeBytes }) => ({ index, sizeBytes })),
      expiresAt: Date.now() + ticketMs,
    })
    const order: SyncOrder = {
      kind: 'sync',
      sync,
      epoch,
      ticket,
      receiver: { host: '127.0.0.1', port: this.port },
      disks: disks.map(({ index, path, identity, sizeBytes }) => ({ index, path, identity, sizeBytes })),
      connections: 2,
      compression: 'off',
      bytesPerSecond: null,
      ...more,
    }
    this.bot.order = order
    return order
  }

  /** The final report of an order. */
  async ended(order: SyncOrder, ms = 20_000): Promise<AgentReport> {
    try {
      return await until(
        'the end of the order',
        () => this.bot.agentReports.find((r) => r.epoch === order.epoch && r.status !== 'working'),
        ms,
      )
    } catch (cause) {
      throw new Error(this.programs.map(({ log }) => log).join('\n---\n'), { cause })
    }
  }

  async sync(more: Partial<SyncOrder> = {}): Promise<AgentReport> {
    return this.ended(await this.order(more))
  }

  sealed(epoch: number): Promise<ReceiverReport> {
    return until('the sealed report', () =>
      this.bot.receiverReports.find((r) => r.status === 'sealed' && r.epoch === epoch),
    )
  }

  async close(): Promise<void> {
    for (const program of this.programs) if (!program.exit) await program.kill()
    await this.bot.stop()
    rmSync(this.path, { recursive: true, force: true })
  }
}
