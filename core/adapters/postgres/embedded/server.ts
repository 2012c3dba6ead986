import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { cleanEnvironment } from './cluster.ts'
import type { Layout } from './cluster.ts'
import { untilReady } from './postmaster.ts'
import { dyingWithParent } from './unprivileged.ts'
import type { Unprivileged } from './unprivileged.ts'

interface ServerStart {
  readonly program: string
  readonly layout: Layout
  readonly user: Unprivileged
  readonly port: number
  readonly settings: Readonly<Record<string, string | number>>
  readonly dieWithParent: boolean
}

/**
 * Starts the server on a cluster and returns its pid once it takes connections. Throws with the end of its log when
 * it ends before that; the port being taken, or another server on the cluster, are the usual reasons.
 */
export async function startServer(start: ServerStart): Promise<number> {
  const settings = {
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...start.settings,
    port: start.port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const prefix = [...start.user.prefix, ...(start.dieWithParent ? dyingWithParent() : [])]
  const [program = start.program, ...args] = [...prefix, start.program, '-D', start.layout.data, ...flags]
  const log = await open(start.layout.log, 'w', 0o600)
  // A group of its own: Ctrl-C must reach Ferry alone, which stops the server in order.
  // The log goes to a file, not to a pipe: the server may outlive this process.
  const child = spawn(program, args, {
    ...start.user.ids,
    env: cleanEnvironment(),
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  })
  const failed = Promise.race([once(child, 'exit'), once(child, 'error')]).then(async () => {
    throw new Error(`PostgreSQL did not start: ${(await readFile(start.layout.log, 'utf8')).slice(-2000)}`)
  })
  // Once it runs, its end is seen by whoever asks it something.
  failed.catch(() => undefined)
  await log.close()
  if (child.pid === undefined) return failed
  await untilReady(start.layout.data, child.pid, failed)
  child.unref()
  return child.pid
}
