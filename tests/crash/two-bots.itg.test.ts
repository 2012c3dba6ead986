import postgres from 'postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Balancer } from '../support/balancer.ts'
import { Migration } from '../support/migration.ts'
import { freshDatabase } from '../support/postgres.ts'
import { eventually } from '../support/bot-process.ts'
import { House } from '../support/processes.ts'
import { REAL_TIME } from '../support/real-time.ts'

const LEASE_S = REAL_TIME ? 30 : 4
const LEASE = { FERRY_LEASE_SECONDS: String(LEASE_S) }

describe('two bots on one database', () => {
  let house: House
  let balancer: Balancer
  let sql: postgres.Sql
  let migration: Migration

  beforeEach(async () => {
    const databaseUrl = await freshDatabase()
    sql = postgres(databaseUrl, { max: 1 })
    balancer = await Balancer.open()
    house = await House.open(databaseUrl, balancer.url)
    await house.startBot(LEASE)
    turnTo(0)
    await house.startAgent()
    migration = new Migration(house, 'shared')
  })

  afterEach(async () => {
    await house.close()
    await balancer.close()
    await sql.end()
  })

  /** Machines and people turn to this bot. */
  const turnTo = (bot: number): void => {
    house.asked = bot
    balancer.passTo(house.bot.url)
  }
  const holder = async (): Promise<{ owner: string | null; epoch: number }> => {
    const [row] = await sql<{ owner: string | null; epoch: string }[]>`
      select owner, epoch from jobs where name = 'shared'`
    return { owner: row?.owner ?? null, epoch: Number(row?.epoch) }
  }
  /** Waits until another process than `first` holds the job; returns how long that took, and the epoch since then. */
  const takenOver = async (first: string | null): Promise<{ seconds: number; epoch: number }> => {
    const begun = performance.now()
    const { epoch } = await eventually(
      'the takeover',
      holder,
      ({ owner }) => owner !== null && owner !== first,
    )
    return { seconds: (performance.now() - begun) / 1000, epoch }
  }
  /** The rest of the migration, on whatever bots live. */
  const finish = async (): Promise<void> => {
    await migration.ended(1)
    await migration.alice('limit shared off')
    await migration.sync()
    await migration.ended(2)
    await migration.complete()
    await migration.prove()
    // Each step was told once, whoever took it.
    const told = await sql<{ action: string }[]>`
      select action from audit where job = 'shared' and action in ('prepared', 'synced', 'finished', 'completed')`
    expect(told.map(({ action }) => action)).toEqual([
      'prepared',
      'synced',
      'synced',
      'finished',
      'completed',
    ])
  }
  const midTransfer = async (): Promise<void> => {
    await migration.begin('1mbit')
    await migration.moving()
  }
  const midImaging = async (): Promise<void> => {
    await house.misfortune('/__faults', { action: 'CreateImage', kind: 'hang', delayMs: 1500 })
    await migration.begin()
    await migration.imaging()
  }

  it.each([
    { moment: 'mid-transfer', reach: midTransfer },
    { moment: 'mid-imaging', reach: midImaging },
  ])(
    'take over from one that stands still in $moment, and it changes nothing when it goes on',
    async ({ reach }) => {
      await reach()
      const { owner } = await holder()
      await house.startBot(LEASE)

      house.bots[0]?.signal('SIGSTOP')
      turnTo(1)
      const taken = await takenOver(owner)
      house.bots[0]?.signal('SIGCONT')
      await migration.ended(1)

      expect(taken.seconds).toBeLessThan(LEASE_S + 15)
      // Nobody has claimed the job since: the old holder has not come back to it.
      expect((await holder()).epoch).toBe(taken.epoch)
      await finish()
    },
    180_000,
  )

  it('take over from one that was killed within its lease and a second; 45 s with the lease of 30 s', async () => {
    await midTransfer()
    const { owner } = await holder()
    await house.startBot(LEASE)

    await house.bots[0]?.end()
    turnTo(1)
    const taken = await takenOver(owner)

    expect(taken.seconds).toBeLessThan(LEASE_S + 15)
    await finish()
  }, 180_000)
})
