import { afterAll, expect, it } from 'vitest'
import { openStore } from '../../core/adapters/postgres/store.ts'
import { jobIn } from '../support/job-in-state.ts'
import { until } from '../support/machines.ts'
import { freshDatabase } from '../support/postgres.ts'
import { House } from '../support/processes.ts'
import { startStep } from '../support/runner.ts'

const databaseUrl = await freshDatabase()
const house = await House.open(databaseUrl)
await house.startBot()
const store = await openStore(databaseUrl)
afterAll(async () => {
  await store.close()
  await house.close()
})

it('what a step asks is carried out once, though the bot dies between doing it and saying so', async () => {
  const job = await jobIn(store, 'waiting')
  await house.bot.restart({ FERRY_FAILPOINT: 'bot:answers.put:before' })
  const victim = house.bot.now

  const step = startStep({
    ...{ 'server-url': house.bot.url, token: 'alice', patience: '50s' },
    ...{ command: 'interval', job: job.name, every: '3h' },
  })
  await until('the kill', () => victim.exit, 30_000)
  const { code, outputs } = await step.ended()

  expect({ code, ...outputs }).toMatchObject({ code: 0, decision: 'done', 'reason-code': 'asked-already' })
  const entries = await store.audit.list({ jobId: job.id, limit: 50 })
  expect(entries.filter(({ action }) => action === 'interval')).toHaveLength(1)
  expect(await store.jobs.byId(job.id)).toMatchObject({ pendingIntervalMs: 3 * 3_600_000 })
})
