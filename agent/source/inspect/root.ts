/**
 * What an inspection reads from: the root of a system, running or lying in an image file. It only reads, and what is
 * not there is simply not there; what cannot be looked at is thrown as `CannotTell`.
 */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Told } from '../../protocol/inspect.ts'

/** A fact that cannot be told, and why. */
export class CannotTell extends Error {}

export interface Space {
  readonly sizeBytes: number
  readonly freeBytes: number
  readonly inodes: number
  readonly freeInodes: number
}

export interface Root {
  /** Whether this is the system that runs here: then /proc and /sys tell of it too. */
  readonly isRunning: boolean
  /** A file's text; undefined when there is none. At most 4 MiB. */
  text(path: string): Promise<string | undefined>
  /** Names in a directory, sorted; none when it does not exist. */
  list(path: string): Promise<readonly string[]>
  exists(path: string): Promise<boolean>
  /** Hands a file over as one of this machine; undefined when there is none. */
  withFile<T>(path: string, use: (local: string) => Promise<T>): Promise<T | undefined>
  /** Room in the file system that is mounted there; undefined when none is, or it has no room of its own. */
  space(mount: string): Promise<Space | undefined>
}

/** More is no file that an inspection wants as text. */
export const TEXT_BYTES = 4 * 1024 * 1024

/** The root of a running system, or of a tree that looks like one. */
export class LiveRoot implements Root {
  readonly isRunning: boolean
  private readonly path: string

  constructor(path = '/', isRunning = true) {
    this.path = path
    this.isRunning = isRunning
  }

  async text(path: string): Promise<string | undefined> {
    const whole = join(this.path, path)
    return this.look(path, () => {
      if (!existsSync(whole) || !statSync(whole).isFile()) return undefined
      return readFileSync(whole).subarray(0, TEXT_BYTES).toString('utf8')
    })
  }

  async list(path: string): Promise<readonly string[]> {
    const whole = join(this.path, path)
    return this.look(path, () => (existsSync(whole) ? readdirSync(whole).sort() : []))
  }

  async exists(path: string): Promise<boolean> {
    return existsSync(join(this.path, path))
  }

  async withFile<T>(path: string, use: (local: string) => Promise<T>): Promise<T | undefined> {
    const whole = join(this.path, path)
    return existsSync(whole) ? use(whole) : undefined
  }

  async space(mount: string): Promise<Space | undefined> {
    try {
      const { bsize, blocks, bavail, files, ffree } = await statfs(join(this.path, mount))
      if (blocks === 0) return undefined
      return { sizeBytes: blocks * bsize, freeBytes: bavail * bsize, inodes: files, freeInodes: ffree }
    } catch {
      return undefined
    }
  }

  private look<T>(path: string, read: () => T): T {
    try {
      return read()
    } catch (problem) {
      const code = problem instanceof Error && 'code' in problem ? String(problem.code) : 'an error'
      throw new CannotTell(
        code === 'EACCES' || code === 'EPERM'
          ? `the agent may not read ${path}: start it as root`
          : `${path} cannot be read: ${code}`,
      )
    }
  }
}

/** A fact, or why it cannot be told; whatever goes wrong on the way is a reason, never the end of the inspection. */
export async function told<T>(gather: () => Promise<T>): Promise<Told<T>> {
  try {
    return { value: await gather() }
  } catch (problem) {
    const why = problem instanceof Error ? problem.message : String(problem)
    return { unknown: why.slice(0, 300) || 'no reason is known' }
  }
}

/** The lines of a configuration file without comments and blank ones. */
export function linesOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split('\n')
    .map((line) => line.replace(/^\s*[#;].*$/, '').trim())
    .filter((line) => line !== '')
}

/** `KEY=value` lines, quotes taken off. */
export function settingsOf(text: string | undefined): Readonly<Record<string, string>> {
  const pairs = linesOf(text).flatMap((line): [string, string][] => {
    const [, key, value] = /^(?:export\s+)?([\w.-]+)\s*=\s*(.*)$/.exec(line) ?? []
    return key === undefined || value === undefined ? [] : [[key, value.replace(/^(["'])(.*)\1$/, '$2')]]
  })
  return Object.fromEntries(pairs)
}
