import { randomBytes, randomUUID } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { link, readFile, rename, rm, writeFile, chown } from 'node:fs/promises'
import { join } from 'node:path'
import type { Unprivileged } from './unprivileged.ts'

/** The only role; it owns everything in the cluster. */
export const ROLE = 'ferry'

/** Where the pieces of a cluster lie. */
export interface Layout {
  readonly data: string
  readonly password: string
  /** What the server wrote since it was last started. */
  readonly log: string
}

/** The layout under a directory, which must be absolute and free of links: the server is asked for this very path. */
export function layoutOf(directory: string): Layout {
  return {
    data: join(directory, 'data'),
    password: join(directory, 'password'),
    log: join(directory, 'postgres.log'),
  }
}

/** Whether the cluster was ever made. It appears under its name only when it is complete. */
export function clusterExists({ data }: Layout): boolean {
  return existsSync(join(data, 'PG_VERSION'))
}

/** The password of the cluster, made at the first asking. Two processes that ask at once get the same one. */
export async function passwordOf(layout: Layout, user: Unprivileged): Promise<string> {
  if (!existsSync(layout.password)) {
    if (clusterExists(layout)) throw new Error(`The password of the database is gone: ${layout.password}`)
    const draft = `${layout.password}-${randomUUID()}`
    await writeFile(draft, randomBytes(24).toString('base64url'), { mode: 0o600, flush: true })
    if (user.ids.uid !== undefined) await chown(draft, user.ids.uid, user.ids.gid ?? user.ids.uid)
    // A link comes into being whole or not at all, and never replaces another process's password.
    await link(draft, layout.password).catch(passIf('EEXIST'))
    await rm(draft)
  }
  return readFile(layout.password, 'utf8')
}

/**
 * Makes the cluster: password-protected from the first moment. It is built aside and renamed, so a run that was
 * killed leaves nothing that looks like a cluster, and of two runs at once one wins.
 */
export async function createCluster(
  layout: Layout,
  initdb: string,
  user: Unprivileged,
  durable: boolean,
): Promise<void> {
  const draft = `${layout.data}-${randomUUID()}`
  const args = ['-D', draft, '-U', ROLE, '--auth=scram-sha-256', `--pwfile=${layout.password}`]
  args.push('--encoding=UTF8', '--locale=C')
  if (!durable) args.push('--no-sync')
  const [program = initdb, ...rest] = [...user.prefix, initdb, ...args]
  const made = spawnSync(program, rest, { ...user.ids, env: cleanEnvironment(), encoding: 'utf8' })
  if (made.status !== 0) {
    await rm(draft, { recursive: true, force: true })
    throw new Error(`initdb failed: ${made.stderr || String(made.error)}`)
  }
  try {
    await rename(draft, layout.data)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    passIf('ENOTEMPTY', 'EEXIST')(error as NodeJS.ErrnoException)
  }
}

/** The environment without what would bend the server: PGDATA, PGPORT and their like. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG')))
}

function passIf(...codes: string[]): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (!codes.includes(error.code ?? '')) throw error
  }
}
