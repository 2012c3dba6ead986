import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Balancer } from '../support/balancer.ts'
import { Migration } from '../support/migration.ts'
import { freshDatabase } from '../support/postgres.ts'
import { eventually, House } from '../support/processes.ts'

const LEASE_S = 4

describe('two bots on one database', () => {
  let house: House
  let balancer: Balancer
  let sql: postgres.Sql

  const holder = async (job: string): Promise<{ owner: string | null; epoch: number }> => {
    const [row] = await sql<{ owner: string | null; epoch: string }[]>`
      select owner, epoch from jobs where name = ${job}`
    return { owner: row?.owner ?? null, epoch: Number(row?.epoch) }
  }
  /** Waits until another process holds the job; returns how long that took, in seconds, and who it is. */
  const takenOver = async (job: string, from: string | null) => {
    const begun = performance.now()
    const isOther = ({ owner }: { owner: string | null }): boolean => owner !== null && owner !== from
    const now = await eventually('the takeover', () => holder(job), isOther, 60_000)
    return { ...now, seconds: (performance.now() - begun) / 1000 }
  }
  /** Machines and people turn to this bot. */
  const turnTo = (bot: number): void => {
    house.asked = bot
    balancer.passTo(house.bot.url)
  }

  beforeAll(async () => {
    const databaseUrl = await freshDatabase()
    sql = postgres(databaseUrl, { max: 1 })
    balancer = await Balancer.open()
    house = await House.open(databaseUrl, balancer.url)
    await house.startBot({ FERRY_LEASE_SECONDS: String(LEASE_S) })
    turnTo(0)
    await house.startAgent()
  })

  afterAll(async () => {
    await house.close()
    await balancer.close()
    await sql.end()
  })

  /** Lets the first bot take the job before there is a second one. */
  const heldByTheFirst = async (migration: Migration): Promise<string | null> => {
    await migration.begin('1mbit')
    await migration.moving()
    const { owner } = await holder(migration.job)
    if (house.bots.length === 1) await house.startBot({ FERRY_LEASE_SECONDS: String(LEASE_S) })
    return owner
  }

  it('take over from each other in mid-transfer, and one that stood still changes nothing any more', async () => {
    const migration = new Migration(house, 'stopped')
    const first = await heldByTheFirst(migration)

    house.bots[0]?.signal('SIGSTOP')
    turnTo(1)
    const taken = await takenOver('stopped', first)
    house.bots[0]?.signal('SIGCONT')

    expect(taken.seconds).toBeLessThan(LEASE_S + 15)
    await migration.ended(1)
    // The takeover was the only one: the old holder has not come back to this sync.
    expect((await holder('stopped')).epoch).toBe(taken.epoch)
    await migration.alice('limit stopped off')
    await migration.sync()
    await migration.ended(2)
    await migration.complete()
    await migration.prove()
    const synced = await sql`select action from audit where job = 'stopped' and action = 'synced'`
    expect(synced.length).toBe(2)
  }, 180_000)
})
