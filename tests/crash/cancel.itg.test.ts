import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../support/machines.ts'
import { Migration } from '../support/migration.ts'
import { freshDatabase } from '../support/postgres.ts'
import { House } from '../support/processes.ts'

describe('a job that is cancelled after its bot was killed', () => {
  let house: House

  beforeEach(async () => {
    house = await House.open(await freshDatabase())
    // Longer than a start takes: the job is cancelled before anybody has taken it up again.
    await house.startBot({ FERRY_LEASE_SECONDS: '6' })
    await house.startAgent()
  })

  afterEach(() => house.close())

  it.each(['createInstance', 'createSnapshot', 'createImage'])(
    'leaves nothing in the cloud when the reply to %s was not recorded',
    async (call) => {
      const migration = new Migration(house, 'gone')
      await house.bot.restart({ FERRY_FAILPOINT: `bot:cloud.${call}:after` })
      const victim = house.bot.now
      await migration.begin()
      await until('the kill', () => victim.exit, 60_000)

      await migration.alice('cancel gone')
      await migration.reaches('cancelled')

      expect(await house.cloud.inventory()).toEqual([])
      expect((await migration.alice('resources gone')).data?.['resources']).toEqual([])
      expect((await migration.alice('audit verify')).code).toBe('audit-intact')
    },
    120_000,
  )
})
