import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startEmbeddedPostgres } from '../../../../core/adapters/postgres/embedded.ts'
import { createMissingLinks } from '../../../../core/adapters/postgres/embedded/binaries.ts'
import type { EmbeddedPostgres } from '../../../../core/adapters/postgres/embedded.ts'
import { otherUsersObstacle } from '../../../support/capabilities.ts'
import { freshDatabase } from '../../../support/postgres.ts'

const NOBODY = 65534
const STARTER = join(import.meta.dirname, '..', '..', '..', 'support', 'start-postgres.ts')
const othersMayRun = otherUsersObstacle() === undefined

let directory: string
/** What a test leaves running; it is ended before its directory goes, or nobody would find it any more. */
let leftovers: (() => unknown)[] = []
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ferry-embedded-'))
})
afterEach(async () => {
  await Promise.all(leftovers.map((end) => end()))
  leftovers = []
  await rm(directory, { recursive: true, force: true })
})

async function start(options: { port?: number } = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({
    directory,
    settings: { fsync: 'off' },
    dieWithParent: true,
    ...options,
  })
  leftovers.push(() => server.stop())
  return server
}

async function query<T>(url: string, statement: string): Promise<T[]> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => undefined })
  try {
    return (await sql.unsafe(statement)) as unknown as T[]
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Starts the database in another process, which can then be killed. */
async function startElsewhere(
  options: { tie?: boolean; ids?: { uid: number; gid: number }; env?: NodeJS.ProcessEnv } = {},
): Promise<{ child: ChildProcess; url: string; adopted: boolean }> {
  const args = ['--import', 'tsx', STARTER, directory, ...(options.tie === true ? ['die-with-parent'] : [])]
  const child = spawn(process.execPath, args, {
    ...options.ids,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  leftovers.push(() => child.kill('SIGKILL'))
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { child, ...(JSON.parse(line) as { url: string; adopted: boolean }) }
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

describe('the embedded database, as seen from outside', () => {
  let home: string
  let server: EmbeddedPostgres
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'ferry-embedded-'))
    server = await startEmbeddedPostgres({ directory: home, settings: { fsync: 'off' }, dieWithParent: true })
  })
  afterAll(async () => {
    await server.stop()
    await rm(home, { recursive: true, force: true })
  })

  it('refuses a wrong password', async () => {
    const url = new URL(server.url)
    url.password = 'wrong'

    await expect(query(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  })

  it('keeps its password in a file for its owner only', async () => {
    const file = join(home, 'password')

    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readFile(file, 'utf8')).toBe(new URL(server.url).password)
  })

  it('opens no socket in the file system and listens on the loopback address alone', async () => {
    expect(await query(server.url, 'show unix_socket_directories')).toEqual([{ unix_socket_directories: '' }])
    expect(await query(server.url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }])
  })
})

describe('the embedded database', () => {
  it('is there within 3 seconds of its first start', async () => {
    const before = performance.now()
    const server = await start()

    expect(performance.now() - before).toBeLessThan(3000)
    expect(server.adopted).toBe(false)
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('takes the settings and the port that it is given', async () => {
    const first = await start()
    const port = Number(new URL(first.url).port)
    await first.stop()

    const server = await startEmbeddedPostgres({ directory, port, settings: { work_mem: '7MB' } })
    leftovers.push(() => server.stop())

    expect(Number(new URL(server.url).port)).toBe(port)
    expect(await query(server.url, 'show work_mem')).toEqual([{ work_mem: '7MB' }])
  })

  it('keeps what was written over a restart', async () => {
    const first = await start()
    await query(first.url, 'create table kept as select 42 as answer')
    await first.stop()

    const second = await start()

    expect(second.adopted).toBe(false)
    expect(await query(second.url, 'table kept')).toEqual([{ answer: 42 }])
  })

  it('can be stopped twice', async () => {
    const server = await start()
    await server.stop()

    await expect(server.stop()).resolves.toBeUndefined()
  })

  it('outlives a killed process and is adopted by the next', async () => {
    const elsewhere = await startElsewhere()
    await query(elsewhere.url, 'create table kept as select 42 as answer')
    await killed(elsewhere.child)

    const server = await start()

    expect(server).toMatchObject({ adopted: true, url: elsewhere.url })
    expect(await query(server.url, 'table kept')).toEqual([{ answer: 42 }])
  })

  it('starts anew after its own process was killed', async () => {
    const elsewhere = await startElsewhere()
    await query(elsewhere.url, 'create table kept as select 42 as answer')
    const [pid] = (await readFile(join(directory, 'data', 'postmaster.pid'), 'utf8')).split('\n')
    await killed(elsewhere.child)
    process.kill(Number(pid), 'SIGKILL')

    const server = await start()

    expect(server.adopted).toBe(false)
    expect(await query(server.url, 'table kept')).toEqual([{ answer: 42 }])
  })

  it('starts though a file of a killed server names a pid that another program has now', async () => {
    const first = await start()
    await first.stop()
    const stale = [process.pid, join(directory, 'data'), 0, 5432, '', '127.0.0.1', '', 'ready'].join('\n')
    await writeFile(join(directory, 'data', 'postmaster.pid'), stale)

    const server = await start()

    expect(server.adopted).toBe(false)
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('does not adopt a server that does not know its password', async () => {
    await start()
    await writeFile(join(directory, 'password'), 'of another cluster')

    await expect(startEmbeddedPostgres({ directory })).rejects.toThrow('is not the database of')
  })

  it('is one server when two processes start it at once', async () => {
    const [one, two] = await Promise.all([start(), startElsewhere()])

    expect(two.url).toBe(one.url)
    expect([one.adopted, two.adopted].sort()).toEqual([false, true])
  })

  it('goes with its process when it is told to', async () => {
    const elsewhere = await startElsewhere({ tie: true })
    await killed(elsewhere.child)

    await vi.waitFor(
      () => expect(stat(join(directory, 'data', 'postmaster.pid'))).rejects.toThrow('ENOENT'),
      {
        timeout: 10_000,
      },
    )
  })

  it('says what its log says when it does not start', async () => {
    await expect(
      startEmbeddedPostgres({ directory, settings: { fsync: 'off', max_connections: 'many' } }),
    ).rejects.toThrow('max_connections')
  })

  it('names the variables to set where there is no PostgreSQL', async () => {
    await expect(startEmbeddedPostgres({ directory, binDirectory: join(directory, 'none') })).rejects.toThrow(
      'set DATABASE_URL, or PG_BIN',
    )
  })

  it.runIf(othersMayRun)('runs for an ordinary user too', async () => {
    await chown(directory, NOBODY, NOBODY)
    const elsewhere = await startElsewhere({ tie: true, ids: { uid: NOBODY, gid: NOBODY } })

    expect(await query(elsewhere.url, 'select 1 as one')).toEqual([{ one: 1 }])
    expect((await stat(join(directory, 'data'))).uid).toBe(NOBODY)
  })

  it.runIf(othersMayRun)('runs for root as another user where there are no user namespaces', async () => {
    const elsewhere = await startElsewhere({ env: { PATH: directory } })

    expect(await query(elsewhere.url, 'select 1 as one')).toEqual([{ one: 1 }])
    expect((await stat(join(directory, 'data'))).uid).toBe(NOBODY)

    await killed(elsewhere.child)
    expect(await start()).toMatchObject({ adopted: true })
  })

  it('makes the links that an install script has not made', async () => {
    await mkdir(join(directory, 'native', 'lib'), { recursive: true })
    const links = [{ source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' }]
    await writeFile(join(directory, 'native', 'pg-symlinks.json'), JSON.stringify(links))

    await createMissingLinks(directory)
    await createMissingLinks(directory)

    expect(await readlink(join(directory, 'native', 'lib', 'libx.so.1'))).toBe('libx.so.1.2')
  })
})

describe('the database of a test', () => {
  it('is its own', async () => {
    const [mine, other] = await Promise.all([freshDatabase(), freshDatabase()])
    await query(mine, 'create table only_mine (id int)')

    await expect(query(other, 'table only_mine')).rejects.toMatchObject({ code: '42P01' })
  })
})
