import postgres from 'postgres'
import { afterAll, beforeAll, expect, describe, it } from 'vitest'
import { openStore } from '../../../core/adapters/postgres/store.ts'
import { createWatch } from '../../../core/engine/watch.ts'
import type { Store } from '../../../core/ports/store.ts'
import { aJob, anEntry } from '../../support/a-job.ts'
import { freshDatabase } from '../../support/postgres.ts'

let store: Store
let sql: postgres.Sql
beforeAll(async () => {
  const url = await freshDatabase()
  store = await openStore(url)
  sql = postgres(url, { max: 1, onnotice: () => undefined })
})
afterAll(() => Promise.all([store.close(), sql.end()]))

describe('the watchdogs', () => {
  it('tell once what stands still and what is left over, whoever looks and however often', async () => {
    const still = await aJob(store, 'syncing')
    await sql`update syncs set started_at = now() - interval '10 minutes' where job_id = ${still.id}`
    const ended = await aJob(store, 'syncing')
    const resource = { jobId: ended.id, syncId: null, purpose: 'intermediate', request: {} }
    await store.ledger.intend({ ...resource, key: 'left', kind: 'instance' })
    await store.ledger.created('left', 'i-left')
    await store.ledger.intend({ ...resource, key: 'kept', kind: 'instance', outlivesJob: true })
    const cancelling = await store.jobs.change(ended, { set: { state: 'cancelling' }, audit: anEntry() })
    if (cancelling === undefined) throw new Error('it could not be cancelled')
    await store.jobs.change(cancelling, {
      set: { state: 'cancelled', endedAt: new Date(Date.now() - 3_600_000) },
      ...{ endSync: { result: 'cancelled' }, audit: anEntry() },
    })
    await sql`delete from outbox`

    const [one, other] = [createWatch({ store }), createWatch({ store })]
    await Promise.all([one(), other()])
    await one()
    await createWatch({ store })()

    const told = await sql`select job, title, severity from outbox order by job = ${still.name} desc`
    expect(told).toMatchObject([
      {
        job: still.name,
        severity: 'warning',
        title: expect.stringContaining('has not moved for 10m') as string,
      },
      { job: ended.name, title: expect.stringContaining('i-left of') as string },
    ])
  })
})
