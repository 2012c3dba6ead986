import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Job } from '../../../../core/domain/job.ts'
import { aJob, anEntry } from '../../../support/a-job.ts'
import { freshStore } from '../../../support/fresh-store.ts'

const KILLS = 50
const WRITERS = 8

const { store, sql } = await freshStore()

/** Kills connections that are at work this moment, until as many as asked for have died. */
async function killBusy(wanted: number, deadline: number): Promise<number> {
  let killed = 0
  while (killed < wanted && Date.now() < deadline) {
    const rows = await sql`select pg_terminate_backend(pid) from (
      select pid from pg_stat_activity
      where application_name = 'ferry' and datname = current_database() and state = 'active'
      limit 1) as busy`
    killed += rows.length
  }
  return killed
}

describe(`connections killed ${KILLS} times in the middle of changes`, () => {
  it('leave no half-written change, and the store goes on answering', async () => {
    const jobs = await Promise.all(Array.from({ length: WRITERS }, () => aJob(store, 'syncing')))
    let killing = true
    let failures = 0
    const write = async (id: string) => {
      while (killing) {
        try {
          const job = await store.jobs.byId(id)
          if (job !== undefined) await store.jobs.change(job, nextChange(job))
        } catch {
          failures++
        }
      }
    }
    const writers = jobs.map((job) => write(job.id))

    const killed = await killBusy(KILLS, Date.now() + 30_000)
    killing = false
    await Promise.all(writers)

    expect(killed).toBe(KILLS)
    expect(failures).toBeGreaterThan(0)
    // A connection that was killed as it became idle is found dead by the next statement on it.
    await expect
      .poll(
        () =>
          store.ping().then(
            () => true,
            () => false,
          ),
        { timeout: 5000 },
      )
      .toBe(true)
    for (const { id } of jobs) {
      const job = await store.jobs.byId(id)
      const [rows] = await sql`select
        (select count(*)::int from audit where job_id = ${id}) as audit,
        (select count(*)::int from outbox where job_id = ${id}) as outbox,
        (select count(*)::int from syncs where job_id = ${id}) as syncs,
        (select count(*)::int from syncs where job_id = ${id} and result is null) as running`
      // Created at version 1, brought to Syncing by two changes; every change since left one of each.
      expect(rows).toEqual({
        ...{
          audit: job?.version,
          outbox: (job?.version ?? 0) - 3,
          syncs: (job?.version ?? 0) - 2,
          running: 1,
        },
      })
    }
    expect((await store.audit.verify()).brokenAt).toBeNull()
  })
})

describe('all connections killed at once, 20 times, under load', () => {
  it('leave no statement without an answer', async () => {
    let killing = true
    const ask = async () => {
      while (killing) await store.firstSeen(randomUUID(), 1000).catch(() => false)
    }
    const asking = Array.from({ length: 30 }, ask)

    for (let round = 0; round < 20; round++) {
      await killBusy(1, Date.now() + 5000)
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'ferry' and datname = current_database()`
    }
    killing = false

    await Promise.all(asking)
    const answers = async () => {
      const pings = await Promise.allSettled(Array.from({ length: 40 }, () => store.ping()))
      return pings.every((ping) => ping.status === 'fulfilled')
    }
    await expect.poll(answers, { timeout: 5000 }).toBe(true)
  })
})

const nextChange = (job: Job) => ({
  set: { keep: (job.keep % 10) + 1 },
  endSync: { result: 'ok' as const },
  startSync: { kind: 'incremental' as const, trigger: 'manual' as const, askedBy: 'ada' },
  audit: anEntry('sync'),
  notices: [{ severity: 'info' as const, title: 'Syncing' }],
})
