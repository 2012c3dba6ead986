import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectionOptions } from '../../../../core/adapters/postgres/connect.ts'
import type { Pool } from '../../../../core/adapters/postgres/pool.ts'
import { openPool } from '../../../../core/adapters/postgres/pool.ts'
import { freshDatabase } from '../../../support/postgres.ts'

const SIZE = 3
const ANSWER_WITHIN_MS = 2000

let pool: Pool
let sql: postgres.Sql
beforeAll(async () => {
  const url = await freshDatabase()
  pool = openPool(url, SIZE, connectionOptions('pool under test'), ANSWER_WITHIN_MS)
  sql = postgres(url, { max: 1, onnotice: () => undefined })
})
afterAll(() => Promise.all([pool.end(), sql.end()]))

const pid = async () => {
  const [row] = await pool.unsafe('select pg_backend_pid() as pid')
  return (row as { pid: number }).pid
}

describe('the pool', () => {
  it('opens no more connections than it may, and answers all the same', async () => {
    const pids = await Promise.all(Array.from({ length: 30 }, pid))

    expect(pids).toHaveLength(30)
    expect(new Set(pids).size).toBeLessThanOrEqual(SIZE)
  })

  it('keeps a connection whose statement was refused', async () => {
    const before = await pid()

    await expect(pool.unsafe('select 1 / 0')).rejects.toMatchObject({ code: '22012' })

    expect(await pid()).toBe(before)
  })

  it('ends what runs too long by the limits of the database', async () => {
    const rows = await pool.unsafe(`select current_setting('statement_timeout') as statement,
      current_setting('lock_timeout') as lock, current_setting('idle_in_transaction_session_timeout') as idle`)

    expect(rows).toEqual([{ statement: '15s', lock: '5s', idle: '30s' }])
  })

  it('waits no longer than it says for a database that has gone silent, and asks on another connection', async () => {
    const silent = await pid()
    process.kill(silent, 'SIGSTOP')
    try {
      await expect(pool.unsafe('select 1')).rejects.toThrow(/no answer in/)

      expect(await pid()).not.toBe(silent)
    } finally {
      process.kill(silent, 'SIGCONT')
    }
  })

  it('refuses those who still wait when it ends', async () => {
    const waiting = Array.from({ length: SIZE + 5 }, () =>
      pool.unsafe('select pg_sleep(0.2)').then(() => 'done'),
    )
    const settled = Promise.allSettled(waiting)
    await expect
      .poll(() => sql`select from pg_stat_activity where query like 'select pg_sleep%'`)
      .toHaveLength(SIZE)

    await pool.end()

    const outcomes = (await settled).map((one) => one.status)
    expect(outcomes.filter((status) => status === 'rejected')).toHaveLength(5)
    await expect(pool.unsafe('select 1')).rejects.toThrow(/has ended/)
  })
})
