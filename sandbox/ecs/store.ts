import { randomInt } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { markOf, isAlive } from './proc.ts'
import type { ProcessMark, State } from './state.ts'

/**
 * Keeps the state in `home/state.json`: written beside it, made durable, then renamed over it, so that a reader finds
 * the old state or the new one and never half of it. Calls that come while a write runs share the next one.
 */
export class Store {
  readonly #home: string
  readonly #state: State
  #last: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined

  constructor(home: string, state: State) {
    this.#home = home
    this.#state = state
  }

  /** Resolves when the state as it is now, or a later one, is durable. */
  commit(): Promise<void> {
    if (this.#next) return this.#next
    const write = async () => {
      this.#next = undefined
      await writeDurably(this.#home, 'state.json', JSON.stringify(this.#state))
    }
    // A write that failed was reported to those who waited for it; the next one is tried afresh.
    this.#next = this.#last.then(write, write)
    this.#last = this.#next
    return this.#next
  }

  /** Resolves when no write is under way: what is read before is then as durable as it will be. */
  async settled(): Promise<void> {
    // Whoever made the change was told if its write failed.
    await this.#last.catch(() => undefined)
  }
}

async function writeDurably(folder: string, name: string, content: string): Promise<void> {
  const path = join(folder, name)
  const file = await open(`${path}.part`, 'w')
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.part`, path)
  await syncFolder(folder)
}

/** Makes renames and new names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Reads the state of a home, or makes the first one. A file that cannot be read is not overwritten: this throws. */
export function loadState(home: string): State {
  const content = readOr(join(home, 'state.json'), undefined)
  if (content === undefined) return emptyState()
  const state = JSON.parse(content) as State
  if (state.version !== 1)
    throw new Error(`${home}/state.json is of a version that this sandbox does not know.`)
  return state
}

function emptyState(): State {
  return {
    version: 1,
    network: [randomInt(16, 255), randomInt(0, 256)],
    nextHost: 10,
    instances: {},
    disks: {},
    snapshots: {},
    images: {},
    securityGroups: {},
    invocations: {},
    tokens: {},
  }
}

/** Takes a home for this process. Two sandboxes on one home would overwrite each other's state. */
export function takeHome(home: string): { release(): void } {
  // UserData carries one-time tokens: what lies here is nobody else's business.
  mkdirSync(home, { recursive: true, mode: 0o700 })
  for (const folder of ['disks', 'snapshots', 'instances']) mkdirSync(join(home, folder), { recursive: true })
  const path = join(home, 'sandbox.lock')
  const content = readOr(path, '')
  const holder = content === '' ? undefined : (JSON.parse(content) as ProcessMark)
  if (holder && isAlive(holder))
    throw new Error(`${home} is in use by the sandbox with process id ${holder.pid}.`)
  writeFileSync(path, JSON.stringify(markOf(process.pid)))
  return { release: () => rmSync(path, { force: true }) }
}

function readOr<Otherwise>(path: string, otherwise: Otherwise): string | Otherwise {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise
    throw error
  }
}
