/** The agent's side of the freezer: starts it, and knows what it has done. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

/** How long the freezer may take to start, in milliseconds. */
const START_MS = 10_000
/** How much longer than asked it may take to answer: freezing cannot be called off before it is done. */
const PATIENCE_MS = 30_000
/** How long thawing may take: it waits for nothing. Who takes longer has been stopped and does nothing any more. */
const THAW_MS = 3000

/** How to start the freezer: the agent's own program. */
export const freezerCommand = (): readonly string[] => [process.execPath, process.argv[1] ?? '', '--freezer']

/** The program that thaws has ended or does not answer: what it has frozen must be thawed by somebody else. */
export class FreezerLost extends Error {
  constructor() {
    super('the program that thaws was ended or stopped')
  }
}

export class Frozen {
  private readonly child: ChildProcess
  private readonly paths: readonly string[]
  private readonly lines: string[] = []
  private ended = false
  private wake: () => void = () => undefined

  private constructor(child: ChildProcess, paths: readonly string[]) {
    this.child = child
    this.paths = paths
    if (child.stdout)
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.lines.push(line)
        this.wake()
      })
    const over = (): void => {
      this.ended = true
      this.wake()
    }
    child.on('error', over)
    child.on('close', over)
    child.stdin?.on('error', () => undefined)
  }

  /** Starts it for these file systems; nothing is frozen yet. `notes`: where it notes what it does. Throws Error. */
  static async ready(paths: readonly string[], notes: string, command = freezerCommand()): Promise<Frozen> {
    const [program = '', ...args] = command
    // In a group of its own: a signal to all of the agent's group must not end it before it has thawed.
    const child = spawn(program, [...args, notes, ...paths], {
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    })
    const frozen = new Frozen(child, paths)
    if ((await frozen.line(START_MS)) !== 'ready') {
      await frozen.end()
      throw new Error('the program that thaws could not be started')
    }
    return frozen
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  /**
   * Freezes them for `ms` at most; from now on thawing is seen to, whatever happens here. Returns those that cannot be
   * frozen. Throws Error with what stood in the way; nothing is frozen then.
   */
  async freeze(ms: number): Promise<readonly string[]> {
    this.child.stdin?.write(`freeze ${ms}\n`)
    const line = await this.line(ms + PATIENCE_MS)
    const [word, ...rest] = line.split(' ')
    if (word === 'frozen') return rest.map((place) => this.paths[Number(place)] ?? '')
    if (word === 'failed') throw new Error(rest.join(' '))
    if (word === 'expired') throw new Error(`freezing alone took ${rest[0]} ms`)
    throw new FreezerLost()
  }

  /** Thaws; returns for how long writes were held, in milliseconds, and whether the time was up before. */
  async thaw(): Promise<{ readonly heldMs: number; readonly isLate: boolean }> {
    this.child.stdin?.end('thaw\n')
    const [word, ms] = (await this.line(THAW_MS)).split(' ')
    if (word !== 'thawed' && word !== 'expired') throw new FreezerLost()
    return { heldMs: Number(ms), isLate: word === 'expired' }
  }

  /** Ends it at once, whatever it is doing: somebody else thaws. Repeatable. */
  kill(): void {
    this.child.kill('SIGKILL')
  }

  /** Ends it and waits until it has thawed. Repeatable. */
  async end(): Promise<void> {
    this.child.stdin?.end()
    const until = performance.now() + PATIENCE_MS
    while (!this.ended && performance.now() < until) {
      this.lines.length = 0
      await this.line(until - performance.now())
    }
  }

  /** The next line it says; empty when it has ended or says nothing in time. */
  private async line(ms: number): Promise<string> {
    const until = performance.now() + ms
    while (this.lines.length === 0 && !this.ended && performance.now() < until)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, until - performance.now())
        this.wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    return this.lines.shift() ?? ''
  }
}
