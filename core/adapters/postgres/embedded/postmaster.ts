import { readFile, rm } from 'node:fs/promises'
import { existsSync, readFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { join } from 'node:path'
import postgres from 'postgres'

/** The server process, as its file `postmaster.pid` tells it. */
interface Postmaster {
  readonly pid: number
  readonly port: number
  /** Whether it takes connections; before that it starts or recovers, after that it stops. */
  readonly ready: boolean
}

const POLL_MS = 20
const STOP_WITHIN_MS = 10_000

/** Reads `postmaster.pid` of a data directory; undefined when there is none or it is half written. */
export async function readPostmaster(data: string): Promise<Postmaster | undefined> {
  const text = await readFile(pidFile(data), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  // Its lines: pid, data directory, start time, port, socket directory, address, shared memory, status.
  const lines = text.split('\n')
  const [pid, port] = [Number(lines[0]), Number(lines[3])]
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  return { pid, port, ready: lines[7]?.trim() === 'ready' }
}

/**
 * The server that a killed Ferry left running on this data directory, once it takes connections; undefined when there
 * is none and a new one may be started. A file that a killed server left behind is removed when its pid is now
 * another program's: PostgreSQL itself would refuse to start ("lock file already exists").
 */
export async function findLiving(data: string, withinMs: number): Promise<Postmaster | undefined> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const found = await readPostmaster(data)
    if (found === undefined || !isAlive(found.pid)) return undefined
    if (!runsOn(found.pid, data)) {
      await rm(pidFile(data), { force: true })
      return undefined
    }
    if (found.ready) return found
    if (performance.now() > deadline) {
      throw new Error(`A PostgreSQL (pid ${found.pid}) holds ${data} but takes no connections.`)
    }
    await pause(POLL_MS)
  }
}

/** Waits until the server `pid` on `data` takes connections; `failed` rejects when it ends before that. */
export async function untilReady(data: string, pid: number, failed: Promise<never>): Promise<void> {
  const isReady = async () => {
    for (;;) {
      const found = await readPostmaster(data)
      if (found?.pid === pid && found.ready) return
      await Promise.race([pause(POLL_MS), failed])
    }
  }
  await Promise.race([isReady(), failed])
}

/**
 * Whether what answers at `url` is the server of this data directory: it knows our password and names the directory.
 * False for a stranger that took the port.
 */
export async function answersAsOurs(url: string, data: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => undefined })
  try {
    const rows = await sql<{ data_directory: string }[]>`show data_directory`
    return rows[0]?.data_directory === data
  } catch {
    return false
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/**
 * Stops the server in order (open transactions are rolled back) and returns when it has stopped. May be repeated: a
 * pid that the data directory does not name any more is left alone.
 */
export async function stopPostmaster(data: string, pid: number): Promise<void> {
  const deadline = performance.now() + STOP_WITHIN_MS
  let asked = false
  // The file goes last. It is asked too because a dead server that nobody reaps still looks alive.
  while ((await readPostmaster(data))?.pid === pid && isAlive(pid)) {
    if (!asked) signal(pid, 'SIGINT')
    if (performance.now() > deadline) signal(pid, 'SIGQUIT')
    asked = true
    await pause(POLL_MS)
  }
}

function pidFile(data: string): string {
  return join(data, 'postmaster.pid')
}

function isAlive(pid: number): boolean {
  return signal(pid, 0)
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether the process was started on this data directory; pids are used again, after a restart of a container soon. */
function runsOn(pid: number, data: string): boolean {
  if (existsSync('/proc/self/cmdline')) return readCommandLine(pid).split('\0').includes(data)
  const { stdout, status } = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], {
    encoding: 'utf8',
  })
  // Nobody to ask: leave it to PostgreSQL to refuse.
  return status === null || stdout.includes(data)
}

/** Empty for a process that is gone, or dead and not yet reaped. */
function readCommandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
