/** Ferry as real processes that may be killed at any instant: bots, the sandbox, a source's agent. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createAlicloud } from '../../core/adapters/alicloud/cloud.ts'
import type { Reply } from '../../core/commands/reply.ts'
import type { Cloud } from '../../core/ports/cloud.ts'
import { SANDBOX_KEY } from '../../sandbox/ecs/options.ts'
import { buildProgram } from './build-program.ts'
import type { Variables } from './bot-process.ts'
import { Bot, eventually } from './bot-process.ts'
import { bundles, freePort, Program, until } from './machines.ts'
import { SourceServer } from './source-server.ts'

/** Alice asks, Bob approves. Their tokens are their names. */
export type Person = 'alice' | 'bob'

/** A whole installation in one directory. */
export class House {
  readonly path = mkdtempSync(join(tmpdir(), 'ferry-house-'))
  readonly source: SourceServer
  readonly bots: Bot[] = []
  /** Which of the bots people ask. */
  asked = 0
  readonly #databaseUrl: string
  readonly #url: string | undefined
  /** More words for the cloud's command line. */
  readonly #cloudWords: readonly string[]
  #sandbox: Program | undefined
  #sandboxPort = 0
  readonly #agents: Program[] = []
  #agentArguments: readonly string[] = []

  private constructor(databaseUrl: string, url: string | undefined, cloudWords: readonly string[]) {
    this.#cloudWords = cloudWords
    this.#databaseUrl = databaseUrl
    this.#url = url
    mkdirSync(join(this.path, 'source'))
    this.source = new SourceServer(join(this.path, 'source'))
  }

  /** Starts the cloud; bots and the agent come when they are asked for. `url`: where machines find the bots. */
  static async open(databaseUrl: string, url?: string, cloudWords: readonly string[] = []): Promise<House> {
    const house = new House(databaseUrl, url, cloudWords)
    house.#sandboxPort = await freePort()
    await house.startSandbox()
    return house
  }

  get sandboxHome(): string {
    return join(this.path, 'sandbox')
  }

  /** The cloud, asked with an account of its own: what Ferry says is not believed in a proof. */
  get cloud(): Cloud {
    const { id, secret } = SANDBOX_KEY
    const endpoint = `127.0.0.1:${this.#sandboxPort}`
    const protocol = 'HTTP'
    return createAlicloud({
      region: 'cn-hangzhou',
      accessKeyId: id,
      accessKeySecret: secret,
      endpoint,
      protocol,
    })
  }

  /** Starts the cloud where it was: also after it was killed. */
  async startSandbox(): Promise<Program> {
    const place = ['--home', this.sandboxHome, '--port', String(this.#sandboxPort), '--speed', '0']
    const program = await buildProgram('sandbox/ecs/main.ts')
    const started = new Program(process.execPath, [program, ...place, ...this.#cloudWords], {})
    this.#sandbox = started
    const line = await until('the sandbox', () => /^\{.*\}$/m.exec(started.log)?.[0])
    this.#writePolicy(JSON.parse(line) as Record<'vSwitch' | 'securityGroup' | 'baseImage', string>)
    return started
  }

  #writePolicy(cloud: Record<'vSwitch' | 'securityGroup' | 'baseImage', string>): void {
    const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
    const person = (name: Person, role: string): object => ({ name, role, tokens: [`sha256:${hash(name)}`] })
    const { vSwitch, securityGroup, baseImage } = cloud
    const place = {
      zone: 'cn-hangzhou-h',
      vswitch: vSwitch,
      security_group: securityGroup,
      base_image: baseImage,
    }
    const policy = { people: [person('alice', 'admin'), person('bob', 'approver')], cloud: place }
    writeFileSync(join(this.path, 'ferry.yaml'), JSON.stringify(policy))
  }

  /** Starts a bot at an address of its own. */
  async startBot(env: Variables = {}): Promise<Bot> {
    const port = await freePort()
    const { agent } = await bundles()
    const bot = new Bot(await buildProgram('tests/support/quick-bot.ts'), `http://127.0.0.1:${port}`, {
      DATABASE_URL: this.#databaseUrl,
      FERRY_PORT: String(port),
      FERRY_POLICY: join(this.path, 'ferry.yaml'),
      FERRY_BUNDLES: dirname(agent),
      FERRY_LEASE_SECONDS: '2',
      ...(this.#url === undefined ? {} : { FERRY_PUBLIC_URL: this.#url }),
      FERRY_ECS_ENDPOINT: `127.0.0.1:${this.#sandboxPort}`,
      FERRY_ECS_PROTOCOL: 'http',
      ALIBABA_CLOUD_ACCESS_KEY_ID: SANDBOX_KEY.id,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: SANDBOX_KEY.secret,
      ...env,
    })
    this.bots.push(bot)
    return bot
  }

  /** The bot that is asked. */
  get bot(): Bot {
    const bot = this.bots[this.asked]
    if (bot === undefined) throw new Error('no such bot was started')
    return bot
  }

  /** Asks as a person would: again when there was no answer, and not otherwise. */
  async say(person: Person, text: string): Promise<Reply> {
    const ask = (): Promise<Reply | undefined> =>
      fetch(`${this.bot.url}/api/commands`, {
        method: 'POST',
        headers: { authorization: `Bearer ${person}`, 'content-type': 'application/json' },
        body: JSON.stringify({ text, confirmed: true }),
      }).then(
        async (response) => {
          // A bot that is starting answers in plain words.
          const isReply = response.headers.get('content-type')?.startsWith('application/json') === true
          return isReply ? ((await response.json()) as Reply) : undefined
        },
        () => undefined,
      )
    return (await eventually(`an answer to ${text}`, ask, (reply) => reply !== undefined)) as Reply
  }

  /** Enrols the source and starts its agent, which needs a bot. Under another name it is another source, of the same disks. */
  async startAgent(name = 'web', more: Variables = {}): Promise<void> {
    const { data } = await this.say('alice', `enrol ${name}`)
    const disks = this.source.disks.flatMap(({ path }) => ['--disk', path])
    const home = ['--home', join(this.path, 'source', name === 'web' ? 'agent' : `agent-${name}`)]
    this.#agentArguments = [
      '--server',
      this.#url ?? this.bot.url,
      '--code',
      String(data?.['code']),
      ...home,
      ...disks,
    ]
    await this.runAgent(more)
    await eventually(
      'the enrolment of the agent',
      () => this.say('alice', 'sources'),
      (reply) => (reply.data?.['sources'] as { enrolled: boolean }[]).every(({ enrolled }) => enrolled),
    )
  }

  /** Starts the agent again as it was enrolled. */
  async runAgent(more: Variables = {}): Promise<Program> {
    const { agent } = await bundles()
    const started = new Program(process.execPath, [agent, ...this.#agentArguments], more)
    this.#agents.push(started)
    return started
  }

  /** Asks the sandbox for what no cloud offers: a fault to come, or the death of a machine. */
  async misfortune(path: string, body: object = {}): Promise<void> {
    const init = { method: 'POST', body: JSON.stringify(body) }
    const reply = await fetch(`http://127.0.0.1:${this.#sandboxPort}${path}`, init)
    if (!reply.ok) throw new Error(`the sandbox does not do ${path}: ${await reply.text()}`)
  }

  get agent(): Program {
    const agent = this.#agents.at(-1)
    if (agent === undefined) throw new Error('the agent was not started')
    return agent
  }

  get sandbox(): Program {
    if (this.#sandbox === undefined) throw new Error('the sandbox was not started')
    return this.#sandbox
  }

  log(): string {
    const agents = this.#agents.map(({ log }) => log)
    const machines = join(this.sandboxHome, 'instances')
    const consoles = readdirSync(machines).map((name) => join(machines, name, 'console.log'))
    const told = consoles.filter((path) => existsSync(path)).map((path) => readFileSync(path, 'utf8'))
    return [...this.bots.map((bot) => bot.log()), ...agents, this.sandbox.log, ...told].join('\n-----\n')
  }

  async close(): Promise<void> {
    for (const bot of this.bots) await bot.end()
    for (const agent of this.#agents) if (!agent.exit) await agent.kill()
    // In order, so that it switches its machines off.
    const sandbox = this.sandbox
    if (!sandbox.exit) sandbox.child.kill('SIGTERM')
    await until('the end of the sandbox', () => sandbox.exit)
    rmSync(this.path, { recursive: true, force: true })
  }
}
