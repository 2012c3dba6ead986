import { beforeAll, describe, expect, it } from 'vitest'
import { catchUp } from '../../../core/engine/catch-up.ts'
import type { Parts } from '../../../core/engine/parts.ts'
import { startDueSyncs } from '../../../core/engine/ticks.ts'
import { aJob, anEntry } from '../../support/a-job.ts'
import { freshStore } from '../../support/fresh-store.ts'

const HOUR = 3_600_000
const MINUTE = 60_000

const { store, sql } = await freshStore()

const parts = (): Parts =>
  ({
    store,
    random: Math.random,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  }) as unknown as Parts

/** A job whose sync was due so long ago. */
async function overdue(lateMs: number, intervalMs = HOUR) {
  const job = await aJob(store, 'waiting', { intervalMs })
  const set = { nextSyncAt: new Date(Date.now() - lateMs) }
  const after = await store.jobs.change(job, { set, audit: anEntry() })
  if (after === undefined) throw new Error('the job has changed')
  return after
}

/** Time passes: what lies ahead is nearer by so much. */
const pass = (ms: number) =>
  sql`update jobs set next_sync_at = next_sync_at - ${ms / 1000} * interval '1 s' where next_sync_at is not null`

describe('a sync that nothing could start when it was due', () => {
  it('S2: is caught up once, at once, and what was missed stands in the history when it was due', async () => {
    const job = await overdue(3.5 * HOUR)

    await startDueSyncs(parts())

    const [now, ...missed] = await store.syncs.list(job.id)
    expect(now).toMatchObject({ number: 5, kind: 'incremental', trigger: 'schedule', result: null })
    expect(missed.map(({ number, result }) => [number, result])).toEqual([
      [4, 'missed'],
      [3, 'missed'],
      [2, 'missed'],
      [1, 'ok'],
    ])
    const due = job.nextSyncAt?.getTime() ?? 0
    expect(missed.slice(0, 3).map(({ startedAt }) => startedAt.getTime())).toEqual([
      due + 2 * HOUR,
      due + HOUR,
      due,
    ])
    const [started, late] = await store.audit.list({ jobId: job.id, limit: 2 })
    expect([started?.action, late?.action]).toEqual(['sync.due', 'sync.late'])
    expect(late?.facts).toEqual({ missed: 3 })
  })

  it('S2: that is late by less than its interval has missed nothing', async () => {
    const job = await overdue(10 * MINUTE)

    await startDueSyncs(parts())

    expect((await store.syncs.list(job.id)).map(({ result }) => result)).toEqual([null, 'ok'])
  })

  it('S2: whose job has changed meanwhile is left as it is', async () => {
    const job = await overdue(2 * HOUR)
    const put = [{ job, missed: 2, inMs: 0 }]
    const paused = await store.jobs.change(job, {
      set: { state: 'paused', resume: 'waiting', nextSyncAt: null },
      audit: anEntry('pause'),
    })

    expect(await store.jobs.catchUp(put, anEntry('sync.late'))).toBe(0)

    expect(await store.jobs.byId(job.id)).toEqual(paused)
    expect(await store.syncs.list(job.id)).toHaveLength(1)
  })

  it.each([
    ['clear', 'void', 0],
    ['complete', 'open', 1],
  ])('S2: whose job somebody asks to %s leaves the request %s', async (command, status, stillLate) => {
    const job = await overdue(2 * HOUR)
    const request = { jobId: job.id, jobVersion: job.version, command, args: {}, needed: 1 }
    const asked = { requestedBy: 'ada', evidence: {}, expiresAt: new Date(Date.now() + HOUR) }
    const notice = { severity: 'info' as const, title: 'asked' }
    const { number } = await store.approvals.request({ ...request, ...asked }, anEntry(), notice)

    await catchUp(parts())

    expect((await store.approvals.byNumber(number))?.status).toBe(status)
    const after = await store.jobs.byId(job.id)
    expect(after?.version).toBe(job.version + 1 - stillLate)
  })

  it('S2: of a frozen job is caught up when it is unfrozen, not before', async () => {
    const frozen = { reason: 'audit', by: 'ada', at: new Date() }
    const job = await store.jobs.change(await overdue(2.5 * HOUR), {
      set: { frozen },
      audit: anEntry('freeze'),
    })
    if (job === undefined) throw new Error('the job has changed')

    await startDueSyncs(parts())
    const whileFrozen = await store.jobs.byId(job.id)
    await store.jobs.change(job, { set: { frozen: null }, audit: anEntry('unfreeze') })
    await startDueSyncs(parts())

    expect(whileFrozen).toEqual(job)
    expect((await store.syncs.list(job.id)).map(({ result }) => result)).toEqual([
      null,
      'missed',
      'missed',
      'ok',
    ])
  })
})

describe('10,000 jobs after three days in which nothing ran', () => {
  const JOBS = 10_000
  const STEP_MS = 5000

  beforeAll(async () => {
    await sql`update jobs set next_sync_at = null, version = version + 1`
    // As three days leave them: each was due at some time in the first interval of the downtime.
    await sql`
      with source as (
        insert into sources (name) select 'herd-' || n from generate_series(1, ${JOBS}) as n returning id, name
      ), made as (
        insert into jobs (name, source_id, region, zone, auto, interval_ms, keep, created_by)
        select name, id, 'r', 'z', true, ${12 * HOUR}, 3, 'ada' from source returning id
      )
      select count(*) from made`
    await sql`insert into life select 'ready', 'waiting'`
    await sql`
      update jobs set state = 'waiting', due_at = null,
        next_sync_at = now() - interval '72 h' + random() * interval '11 h'
      where name like 'herd-%'`
  }, 60_000)

  it('S2: have one sync each, spread over more than five minutes, and every missed one on record', async () => {
    const [before] = await sql`
      select sum(floor(extract(epoch from now() - next_sync_at) * 1000 / interval_ms))::int as missed
      from jobs where name like 'herd-%'`

    // Two replicas come back at the same moment.
    await Promise.all([catchUp(parts()), catchUp(parts())])

    const [after] = await sql`
      select count(*)::int as jobs, min(next_sync_at - now()) as first,
        extract(epoch from max(next_sync_at) - min(next_sync_at)) as spread_s,
        max(version)::int as version
      from jobs where name like 'herd-%' and next_sync_at > now() - interval '1 m'`
    const [missed] = await sql`select count(*)::int as rows from syncs where result = 'missed'
      and job_id in (select id from jobs where name like 'herd-%')`
    expect(after).toMatchObject({ jobs: JOBS, version: 2 })
    expect(Number(after?.['spread_s'])).toBeGreaterThan(300)
    expect(missed?.['rows']).toBe(before?.['missed'])
  }, 60_000)

  it('S2: start at the rate of the spread, none of them twice', async () => {
    const [begin] = await sql<{ at: Date }[]>`
      select min(next_sync_at) as at from jobs where name like 'herd-%' and next_sync_at > now() - interval '1 m'`
    for (let steps = 0; steps < 4; steps++) {
      await pass(STEP_MS)
      await Promise.all([startDueSyncs(parts()), startDueSyncs(parts())])
    }

    const [runs] = await sql`
      select count(*)::int as all, count(distinct job_id)::int as jobs,
        extract(epoch from now() - ${begin?.at ?? null}::timestamptz)::float8 as seconds
      from syncs where result is null and job_id in (select id from jobs where name like 'herd-%')`
    const passed = Number(runs?.['seconds']) + (4 * STEP_MS) / 1000
    expect(runs?.['all']).toBe(runs?.['jobs'])
    expect(runs?.['jobs']).toBeGreaterThan(200)
    // Twenty in a second, as chance has it.
    expect(Number(runs?.['jobs']) / passed).toBeLessThan(26)
  }, 60_000)
})
