import postgres from 'postgres'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../../../core/adapters/postgres/store.ts'
import type { Store } from '../../../../core/ports/store.ts'
import { aJob, anEntry } from '../../../support/a-job.ts'
import { freshDatabase } from '../../../support/postgres.ts'

let store: Store
let sql: postgres.Sql
const opened: { close(): Promise<void> }[] = []
beforeEach(async () => {
  const url = await freshDatabase()
  store = await openStore(url)
  const client = postgres(url, { max: 1, onnotice: () => undefined })
  sql = client
  opened.push(store, { close: () => client.end() })
})
afterAll(() => Promise.all(opened.map((one) => one.close())))

async function tenRows(): Promise<void> {
  for (let n = 1; n <= 10; n++) await store.audit.add(anEntry(`step ${n}`, { n, who: 'ada “✓”', none: null }))
}

/** What only the owner of the database can do: write behind the triggers' back. */
async function tamper(statement: string): Promise<void> {
  await sql.unsafe(
    `set session_replication_role = replica; ${statement}; set session_replication_role = origin`,
  )
}

describe('the audit', () => {
  it('is numbered without a gap and in order when 50 write at once', async () => {
    const job = await aJob(store)
    const before = (await store.audit.list({ limit: 1 }))[0]?.seq ?? 0

    await Promise.all(Array.from({ length: 50 }, (_, n) => store.audit.add(anEntry(`n${n}`), job.id)))

    const rows = await store.audit.list({ limit: 50 })
    expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: 50 }, (_, n) => before + 50 - n))
    const times = rows.map((row) => row.at.getTime())
    expect(times).toEqual(times.toSorted((x, y) => y - x))
    expect(await store.audit.verify()).toEqual({ rows: before + 50, brokenAt: null, head: rows[0]?.hash })
  })

  it('says who, from where, what, on which job, with what result', async () => {
    const job = await aJob(store)
    await store.audit.add(anEntry('look', { image: 4, ok: true }), job.id)

    const [row] = await store.audit.list({ jobId: job.id, limit: 1 })

    expect(row).toMatchObject({
      ...{ actor: { person: 'ada', door: 'cli' }, action: 'look', outcome: 'done', job: job.name },
      facts: { image: 4, ok: true },
    })
    expect(row?.at).toBeInstanceOf(Date)
  })

  it('is whole while it is empty', async () => {
    expect(await store.audit.verify()).toEqual({ rows: 0, brokenAt: null, head: '' })
  })

  it('is verified over more rows than one page', async () => {
    await sql`insert into audit (person, door, action, outcome, facts)
      select 'ada', 'cli', 'n' || n, 'done', '{}' from generate_series(1, 5200) as n`
    expect(await store.audit.verify()).toMatchObject({ rows: 5200, brokenAt: null })

    await tamper(`update audit set outcome = 'refused' where seq = 5100`)

    expect(await store.audit.verify()).toMatchObject({ brokenAt: 5100 })
  })

  it.each(['update audit set action = null', 'delete from audit', 'truncate audit'])(
    'refuses: %s',
    async (statement) => {
      await tenRows()

      await expect(sql.unsafe(statement)).rejects.toThrow(/only ever added to/)
    },
  )

  it.each([
    ['an edited row', `update audit set person = 'eve' where seq = 4`, 4],
    ['an edited fact', `update audit set facts = facts || '{"n": 5}' where seq = 4`, 4],
    ['an edited time', `update audit set at = at + interval '1 millisecond' where seq = 4`, 4],
    [
      'an edited row with a hash that fits it',
      `update audit a set action = 'nothing' where seq = 4;
       update audit a set hash = audit_hash((select hash from audit where seq = 3), a) where seq = 4`,
      5,
    ],
    ['a row deleted in the middle', 'delete from audit where seq = 4', 5],
    ['the first row deleted', 'delete from audit where seq = 1', 2],
    [
      'a row inserted at the end',
      `insert into audit select 11, at, job_id, job, person, door, action, outcome, facts, hash from audit where seq = 10`,
      11,
    ],
    [
      'a row inserted in the middle',
      `update audit set seq = -seq where seq > 4; update audit set seq = 1 - seq where seq < 0;
       insert into audit select 5, at, job_id, job, 'eve', door, action, outcome, facts, hash from audit where seq = 4`,
      5,
    ],
    [
      'two rows swapped',
      `update audit set seq = -3 where seq = 3; update audit set seq = 3 where seq = 4;
       update audit set seq = 4 where seq = -3`,
      3,
    ],
  ])('shows %s as its first broken row', async (_, statement, brokenAt) => {
    await tenRows()
    expect(await store.audit.verify()).toMatchObject({ rows: 10, brokenAt: null })

    await tamper(statement)

    expect((await store.audit.verify()).brokenAt).toBe(brokenAt)
  })
})
