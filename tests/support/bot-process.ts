import { Program } from './machines.ts'
import { patience } from './real-time.ts'

export type Variables = Record<string, string>

/** Asks ten times a second until there is an answer; throws with what was seen last. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T>,
  isThere: (value: T) => boolean,
  ms = 30_000,
): Promise<T> {
  const end = Date.now() + patience(ms)
  for (;;) {
    const value = await probe()
    if (isThere(value)) return value
    if (Date.now() > end)
      throw new Error(`${what} did not happen within ${patience(ms)} ms; last seen: ${JSON.stringify(value)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** A bot at a fixed address, started again whenever it dies, as systemd would. */
export class Bot {
  /** Every process that ran here, the present one last. */
  readonly lives: Program[] = []
  readonly url: string
  readonly #program: string
  readonly #env: Variables
  /** Variables of the lives to come, one each; later ones have none of their own. */
  #next: readonly Variables[] = []
  #isWanted = true

  constructor(program: string, url: string, env: Variables) {
    this.#program = program
    this.url = url
    this.#env = env
    this.#live()
  }

  #live(): void {
    const [more = {}, ...next] = this.#next
    this.#next = next
    const life = new Program(process.execPath, [this.#program], { ...this.#env, ...more })
    this.lives.push(life)
    life.child.on('exit', () => this.#isWanted && this.#live())
  }

  get now(): Program {
    const life = this.lives.at(-1)
    if (life === undefined) throw new Error('the bot has never lived')
    return life
  }

  /** Kills it and starts it again. `next`: variables of its next lives, one each; those after them have none. */
  async restart(...next: readonly Variables[]): Promise<void> {
    this.#isWanted = false
    await this.now.kill()
    this.#isWanted = true
    this.#next = next
    this.#live()
  }

  signal(name: NodeJS.Signals): void {
    this.now.child.kill(name)
  }

  async end(): Promise<void> {
    this.#isWanted = false
    if (!this.now.exit) await this.now.kill()
  }

  log(): string {
    return this.lives.map(({ log, exit }) => `${log}${JSON.stringify(exit ?? 'lives')}`).join('\n')
  }
}
