/** Programs of the source that an inspection asks, where they are there. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where to look besides PATH: services often run without the sbin directories. */
const SBIN = ['/sbin', '/usr/sbin', '/bin', '/usr/bin']
const ENVIRONMENT = { PATH: SBIN.join(':'), LC_ALL: 'C', DEBUGFS_PAGER: '__none__' }

/** The path of a program; undefined when this machine has none of the name. */
export function findTool(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(':').filter(Boolean), ...SBIN]
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path))
}

/** Runs a program and returns what it wrote. Throws when it cannot be run, fails, or takes longer than `timeoutMs`. */
export function output(program: string, args: readonly string[], timeoutMs = 20_000): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = {
      ...{ env: ENVIRONMENT, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024, encoding: 'buffer' as const },
    }
    execFile(program, [...args], options, (problem, stdout) =>
      problem ? reject(new Error(`${program} failed: ${problem.message.slice(0, 200)}`)) : resolve(stdout),
    )
  })
}

/** Starts a program as a filter: bytes in, bytes out. */
export function filter(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, [...args], { env: ENVIRONMENT, stdio: ['pipe', 'pipe', 'ignore'] })
}
