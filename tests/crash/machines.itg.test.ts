import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../support/machines.ts'
import { Migration } from '../support/migration.ts'
import { freshDatabase } from '../support/postgres.ts'
import { eventually } from '../support/bot-process.ts'
import { House } from '../support/processes.ts'

const KILLED = { code: null, signal: 'SIGKILL' }

describe('a whole migration', () => {
  let house: House
  let migration: Migration

  beforeEach(async () => {
    house = await House.open(await freshDatabase())
    await house.startBot()
    migration = new Migration(house, 'web')
  })

  afterEach(() => house.close())

  it('goes on when its agent is killed in each sync and started again', async () => {
    await house.startAgent()
    const dyingAt = async (failpoint: string, sync: () => Promise<void>): Promise<void> => {
      await house.agent.kill()
      const agent = await house.runAgent({ FERRY_FAILPOINT: failpoint })
      await sync()
      expect(await until('the death of the agent', () => agent.exit, 60_000)).toEqual(KILLED)
      await house.runAgent()
    }

    await dyingAt('agent:batch:after', () => migration.begin())
    await migration.ended(1)
    await dyingAt('agent:seal:before', () => migration.sync())
    await migration.ended(2)
    await dyingAt('agent:report-done:before', () => migration.sync())
    await migration.ended(3)
    await migration.complete()

    await migration.prove()
  }, 120_000)

  it('goes on by `retry` when its receiver is killed in mid-transfer', async () => {
    await house.startAgent('web', { FERRY_RECONNECT_MS: '1000' })
    await migration.begin('400kbit')
    await migration.moving()
    const [instance] = await house.cloud.instancesTagged({})

    await house.misfortune(`/__instances/${instance?.id ?? ''}/kill`)
    const stopped = await migration.reaches('error')
    await migration.alice('limit web off')
    await migration.alice('retry web')
    await migration.ended(1)

    expect(stopped.data?.['fault']).toMatchObject({ code: 'RECEIVER_UNREACHABLE' })
    await migration.sync()
    await migration.ended(2)
    await migration.complete()
    await migration.prove()
  }, 120_000)

  it('goes on when the cloud dies in mid-imaging and comes back', async () => {
    await house.startAgent()
    await house.misfortune('/__faults', { action: 'CreateImage', kind: 'hang', delayMs: 2000 })
    await migration.begin()
    await eventually(
      'the snapshots',
      () => house.cloud.snapshotsTagged({}),
      (made) => made.length === 2 && made.every(({ status }) => status === 'accomplished'),
    )

    await house.sandbox.kill()
    await house.startSandbox()
    await migration.ended(1)

    await migration.sync()
    await migration.ended(2)
    await migration.complete()
    await migration.prove()
  }, 120_000)
})
