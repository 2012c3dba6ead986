/**
 * The program that freezes file systems, and thaws them whatever happens to the agent: a process of its own, started
 * by the agent before anything is frozen. It speaks in lines:
 *
 *   ready                          the file systems are open; nothing is frozen
 *   ← freeze MS                    freeze all of them, together, for that many milliseconds at most
 *   frozen UNABLE…                 all are frozen, but for those named by their place, which cannot be
 *   failed WORDS                   one could not be frozen; none is any more
 *   ← thaw
 *   thawed MS                      for how long writes were held
 *   expired MS                     the time is up: all are thawed
 *
 * When its input ends, because the agent has died, or when it is told to end, it thaws and goes. It thaws only what it
 * has frozen itself. If both are killed at once the next agent thaws (`left-behind.ts`).
 */
import { closeSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileSystemCalls, type FileSystemCalls, type Froze } from './ioctl.ts'
import { forgetFreezing, noteFreezing } from './left-behind.ts'

interface Held {
  readonly path: string
  readonly fd: number
}

class Freezer {
  private readonly calls: FileSystemCalls
  private readonly all: readonly Held[]
  private readonly say: (line: string) => void
  private readonly notes: string
  private frozen: Held[] = []
  private since = 0
  private isOver = false
  /** Freezing that is under way: it cannot be called off. */
  private freezing: Promise<readonly Froze[]> = Promise.resolve([])

  constructor(calls: FileSystemCalls, all: readonly Held[], notes: string, say: (line: string) => void) {
    this.calls = calls
    this.all = all
    this.notes = notes
    this.say = say
  }

  async freeze(ms: number): Promise<void> {
    noteFreezing(
      this.notes,
      this.all.map(({ path }) => path),
    )
    this.since = performance.now()
    setTimeout(() => void this.end('expired'), ms)
    this.freezing = Promise.all(this.all.map((each) => this.freezeOne(each)))
    const ends = await this.freezing
    if (this.isOver) return
    const problem = ends.map((end, i) => wordsFor(end, this.all[i]?.path ?? '')).find(Boolean)
    if (problem !== undefined) return this.end(`failed ${problem}`)
    this.say(['frozen', ...ends.flatMap((end, i) => (end === 'unable' ? [String(i)] : []))].join(' '))
  }

  /** Thaws, says so and, once nothing can freeze any more, lets the process end. */
  async end(how: string): Promise<void> {
    if (this.isOver) return
    this.isOver = true
    await this.thaw()
    const heldMs = this.since === 0 ? 0 : Math.ceil(performance.now() - this.since)
    this.say(how.startsWith('failed') ? how : `${how} ${heldMs}`)
    await this.freezing
    await this.thaw()
    forgetFreezing(this.notes)
    for (const { fd } of this.all) closeSync(fd)
    process.exit()
  }

  private async freezeOne(each: Held): Promise<Froze> {
    const end = await this.calls.freeze(each.fd, each.path)
    if (end !== 'frozen') return end
    this.frozen.push(each)
    // It took so long that the others were thawed meanwhile.
    if (this.isOver) await this.thaw()
    return end
  }

  private async thaw(): Promise<void> {
    for (const { fd, path } of this.frozen.splice(0).reverse()) await this.calls.thaw(fd, path)
  }
}

function wordsFor(end: Froze, path: string): string | undefined {
  if (end === 'busy') return `${path} is frozen by another program`
  return typeof end === 'object' ? `${path} could not be frozen: ${end.failed}` : undefined
}

/** Runs until it has thawed. `notes`: a directory; `paths`: one place of each file system. */
export async function runFreezer([notes = '', ...paths]: readonly string[]): Promise<void> {
  const calls = await fileSystemCalls()
  const all = paths.map((path) => ({ path, fd: openSync(path, 'r') }))
  const freezer = new Freezer(calls, all, notes, (line) => void process.stdout.write(`${line}\n`))
  // A pipe to an agent that is gone is no reason to die before thawing.
  process.stdout.on('error', () => undefined)
  const end = (): void => void freezer.end('thawed')
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end)
  const lines = createInterface({ input: process.stdin })
  lines.on('close', end)
  lines.on('line', (line) => {
    const [word, ms] = line.split(' ')
    if (word === 'freeze') void freezer.freeze(Number(ms))
    if (word === 'thaw') end()
  })
  process.stdout.write('ready\n')
}
