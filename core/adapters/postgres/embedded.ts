import { once } from 'node:events'
import { mkdir, readFile, realpath } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { findBinaries } from './embedded/binaries.ts'
import { clusterExists, createCluster, layoutOf, passwordOf, ROLE } from './embedded/cluster.ts'
import type { Layout } from './embedded/cluster.ts'
import { answersAsOurs, findLiving, stopPostmaster } from './embedded/postmaster.ts'
import { startServer } from './embedded/server.ts'
import { chooseUser } from './embedded/unprivileged.ts'

interface EmbeddedPostgresOptions {
  /** Holds data, password and log; made when missing. One directory is one cluster. */
  readonly directory: string
  /** A free one is taken when none is named. */
  readonly port?: number
  /** Server settings, as in postgresql.conf. With `fsync: 'off'` nothing is made durable: for tests. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** The server stops when this process is gone, however it goes. Else it goes on and the next start adopts it. */
  readonly dieWithParent?: boolean
  /** A directory with `initdb` and `postgres`, instead of those that came with npm. Default: PG_BIN. */
  readonly binDirectory?: string
}

export interface EmbeddedPostgres {
  /** Role, password, 127.0.0.1 and port; the database `postgres`. A secret: never log it. */
  readonly url: string
  /** The server ran already: an earlier Ferry was killed, or another one shares the directory. */
  readonly adopted: boolean
  /** Stops the server, adopted or not. May be repeated. */
  stop(): Promise<void>
}

const STARTS = 3
const BETWEEN_STARTS_MS = 200
const ADOPT_WITHIN_MS = 30_000
const ENDS_WITHIN_MS = 5000

/**
 * Starts a real PostgreSQL for Ferry alone, for those who bring none (no DATABASE_URL): on 127.0.0.1, behind a random
 * password, without a socket in the file system. May be repeated: a server that runs on the directory is adopted.
 * Throws an Error with the end of the server's log when it does not come up.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 })
  const layout = layoutOf(await realpath(options.directory))
  for (let start = 1; ; start += 1) {
    const living = await adopt(layout)
    if (living !== undefined) return living
    try {
      return await startNew(options, layout)
    } catch (error) {
      // Another process may have started one at the same moment, or taken the port that was free a moment ago; or
      // children of a killed server still hold its memory.
      if (start === STARTS) throw error
      await pause(BETWEEN_STARTS_MS)
    }
  }
}

async function adopt(layout: Layout): Promise<EmbeddedPostgres | undefined> {
  const until = Date.now() + ENDS_WITHIN_MS
  for (;;) {
    const living = await findLiving(layout.data, ADOPT_WITHIN_MS)
    if (living === undefined) return undefined
    const url = urlOf(await readFile(layout.password, 'utf8'), living.port)
    if (await answersAsOurs(url, layout.data))
      return { url, adopted: true, stop: () => stopPostmaster(layout.data, living.pid) }
    // One that was told to end a moment ago lives on without answering, and is gone at the next look.
    if (Date.now() > until)
      throw new Error(`What answers on port ${living.port} is not the database of ${layout.data}.`)
    await pause(BETWEEN_STARTS_MS)
  }
}

async function startNew(options: EmbeddedPostgresOptions, layout: Layout): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries(options.binDirectory ?? process.env['PG_BIN'])
  const user = await chooseUser(options.directory, layout.data)
  const password = await passwordOf(layout, user)
  if (!clusterExists(layout)) {
    await createCluster(layout, binaries.initdb, user, options.settings?.['fsync'] !== 'off')
  }
  const port = options.port ?? (await freePort())
  const pid = await startServer({
    program: binaries.postgres,
    layout,
    user,
    port,
    settings: options.settings ?? {},
    dieWithParent: options.dieWithParent === true,
  })
  return { url: urlOf(password, port), adopted: false, stop: () => stopPostmaster(layout.data, pid) }
}

function urlOf(password: string, port: number): string {
  return `postgres://${ROLE}:${password}@127.0.0.1:${port}/postgres`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
