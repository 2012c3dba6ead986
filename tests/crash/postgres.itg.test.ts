import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EmbeddedPostgres } from '../../core/adapters/postgres/embedded.ts'
import { startEmbeddedPostgres } from '../../core/adapters/postgres/embedded.ts'
import { readPostmaster } from '../../core/adapters/postgres/embedded/postmaster.ts'
import { freePort, until } from '../support/machines.ts'
import { Migration } from '../support/migration.ts'
import { eventually } from '../support/bot-process.ts'
import { House } from '../support/processes.ts'

/** More often than a step is tried before its fault is shown: the database's outages are not the job's faults. */
const RESTARTS = 6

describe('a PostgreSQL that is stopped hard', () => {
  let directory: string
  let port: number
  let server: EmbeddedPostgres
  let house: House

  const start = async (): Promise<void> => {
    // What was committed must survive the process, but not the machine.
    const settings = { fsync: 'off' }
    server = await startEmbeddedPostgres({ directory, port, settings, dieWithParent: true })
  }
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    const postmaster = await readPostmaster(join(directory, 'data'))
    if (postmaster === undefined) throw new Error('the database does not run')
    process.kill(postmaster.pid, signal)
    await until('the end of the database', () => !isAlive(postmaster.pid))
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ferry-stopped-'))
    port = await freePort()
    await start()
    house = await House.open(server.url)
    await house.startBot()
    await house.startAgent()
  })

  afterAll(async () => {
    await house.close()
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  })

  it('loses nothing of a sync in mid-transfer, however often, and a command gets an honest answer', async () => {
    const migration = new Migration(house, 'transfer')
    await migration.begin('1mbit')
    await migration.moving()

    await stop('SIGQUIT')
    const answer = await migration.alice('status transfer')
    await start()
    for (let times = 1; times < RESTARTS; times++) {
      const isThere = ({ outcome }: { outcome: string }): boolean => outcome === 'done'
      await eventually('the job', () => migration.alice('status transfer'), isThere)
      await stop(times % 2 === 0 ? 'SIGQUIT' : 'SIGKILL')
      await start()
    }

    expect(answer).toMatchObject({ outcome: 'refused', code: 'unavailable' })
    await migration.ended(1)
    await migration.alice('limit transfer off')
    await migration.sync()
    await migration.ended(2)
    await migration.complete()
    await migration.prove()
    expect(house.bot.lives.length, house.bot.log()).toBe(1)
  }, 180_000)

  it('loses nothing of a sync in mid-imaging', async () => {
    const migration = new Migration(house, 'imaging')
    await house.misfortune('/__faults', { action: 'CreateImage', kind: 'hang', delayMs: 2000 })
    await migration.begin()
    await migration.imaging()

    await stop('SIGKILL')
    await start()

    await migration.ended(1)
    await migration.sync()
    await migration.ended(2)
    await migration.complete()
    await migration.prove()
    expect(house.bot.lives.length, house.bot.log()).toBe(1)
  }, 180_000)

  it('is not the fault of the job when it cuts connections in mid-statement, however often', async () => {
    const migration = new Migration(house, 'cut')
    await migration.begin('1mbit')
    await migration.moving()
    const admin = postgres(server.url, { max: 2 })
    const epoch = async (): Promise<number> => {
      const [job] = await admin<{ epoch: string }[]>`select epoch from jobs where name = 'cut'`
      return Number(job?.epoch)
    }

    const first = await epoch()
    await admin.begin(async (tx) => {
      // The engine reads the sync again and again; now its statement waits, and dies with its connection.
      await tx`lock table syncs in access exclusive mode`
      const cut = async (): Promise<number> => {
        await tx`
          select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'ferry' and wait_event_type = 'Lock'`
        return epoch()
      }
      await eventually('the tries', cut, (now) => now >= first + RESTARTS)
    })
    await admin.end()

    await migration.alice('limit cut off')
    await migration.ended(1)
    await migration.complete()
    await migration.prove()
    expect(house.bot.lives.length, house.bot.log()).toBe(1)
  }, 180_000)
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
