import { afterAll, describe, expect, it } from 'vitest'
import { openStore } from '../../../../core/adapters/postgres/store.ts'
import type { Job } from '../../../../core/domain/job.ts'
import type { Claim, Store } from '../../../../core/ports/store.ts'
import { aJob, anEntry } from '../../../support/a-job.ts'
import { freshStore } from '../../../support/fresh-store.ts'

const { store: a, sql, url } = await freshStore()
const b = await openStore(url)
afterAll(() => b.close())

/** A job in Preparing, which is due at once, and the only one that is. */
async function aDueJob(): Promise<Job> {
  await sql`update jobs set due_at = null, owner = null, lease_until = null`
  return aJob(a, 'preparing')
}

async function claimOne(store: Store, owner: string): Promise<Claim> {
  const [claim] = await store.work.claim(owner, 60_000, 1)
  if (claim === undefined) throw new Error('nothing was due')
  return claim
}

const endLease = (job: Pick<Job, 'id'>) =>
  sql`update jobs set lease_until = now() - interval '1 second' where id = ${job.id}`

describe('2,000 due jobs and two replicas of 8 claimers', () => {
  it('are each claimed once', async () => {
    await sql`insert into sources (id, name) select 's' || n, 's' || n from generate_series(1, 2000) as n`
    await sql`insert into jobs (id, name, source_id, region, zone, auto, interval_ms, keep, created_by)
      select 'j' || n, 'j' || n, 's' || n, 'r', 'z', true, 3600000, 3, 'ada' from generate_series(1, 2000) as n`
    await sql`update jobs set state = 'preparing', due_at = now() - make_interval(secs => right(id, 1)::int)`
    const claimed: Claim[] = []
    const drain = async (store: Store, owner: string) => {
      for (;;) {
        const claims = await store.work.claim(owner, 60_000, 10)
        if (claims.length === 0) return
        claimed.push(...claims)
      }
    }

    await Promise.all(
      [a, b].flatMap((store, replica) =>
        Array.from({ length: 8 }, (_, n) => drain(store, `${replica}-${n}`)),
      ),
    )
    // Rows that others held for an instant were skipped; whatever is left is found by looking again.
    await drain(a, 'last')

    expect(claimed).toHaveLength(2000)
    expect(new Set(claimed.map((claim) => claim.id)).size).toBe(2000)
    expect(claimed.every((claim) => claim.epoch === 1)).toBe(true)
    const [left] = await sql`select count(*)::int as left from jobs where owner is null`
    expect(left?.['left']).toBe(0)
  })
})

describe('a claim', () => {
  it('raises the epoch and leaves the version', async () => {
    const job = await aDueJob()

    const claim = await claimOne(a, 'a')

    expect(claim).toEqual({ kind: 'job', id: job.id, epoch: 1, tries: 0 })
    expect(await a.jobs.byId(job.id)).toEqual({ ...job, epoch: 1 })
    expect(await b.work.claim('b', 60_000, 1)).toEqual([])
  })

  it('takes what has been due longest first', async () => {
    const jobs = [await aDueJob(), await aJob(a, 'preparing'), await aJob(a, 'preparing')]
    const ids = jobs.map((job) => job.id)
    for (const [age, id] of ids.entries()) {
      await sql`update jobs set due_at = now() - make_interval(secs => ${age + 1}) where id = ${id}`
    }

    const claims = await a.work.claim('a', 60_000, 3)

    expect(claims.map((claim) => claim.id)).toEqual(ids.toReversed())
  })

  it('is not made before a job is due, nor in a state without work', async () => {
    const job = await aDueJob()
    await sql`update jobs set due_at = now() + interval '1 hour' where id = ${job.id}`
    await aJob(a, 'waiting')

    expect(await a.work.claim('a', 60_000, 10)).toEqual([])
  })

  it('is taken over when its lease has run out, and the former holder can change nothing', async () => {
    const job = await aDueJob()
    const dead = await claimOne(a, 'dead')
    const before = await a.jobs.byId(job.id)
    await endLease(job)

    const claim = await claimOne(b, 'b')

    expect(claim).toMatchObject({ id: job.id, epoch: dead.epoch + 1 })
    const late = { set: { state: 'syncing' }, audit: anEntry('prepared') } as const
    expect(await a.jobs.change(before ?? job, late)).toBeUndefined()
    expect(await a.work.renew('dead', 60_000, [dead])).toEqual([])
    await a.work.giveBack('dead', dead, 'done')
    expect(await b.work.renew('b', 60_000, [claim])).toEqual([claim])
  })

  it('is still held when it is renewed in time', async () => {
    const job = await aDueJob()
    const claim = await claimOne(a, 'a')
    await endLease(job)

    expect(await a.work.renew('a', 60_000, [claim])).toEqual([claim])

    expect(await b.work.claim('b', 60_000, 1)).toEqual([])
  })
})

describe('a piece of work that is given back', () => {
  it('comes again after the time that was said, with its tries', async () => {
    const job = await aDueJob()
    await a.work.giveBack('a', await claimOne(a, 'a'), { againInMs: 3_600_000, tries: 3 })
    expect(await b.work.claim('b', 60_000, 1)).toEqual([])

    await sql`update jobs set due_at = due_at - interval '1 hour' where id = ${job.id}`

    expect(await b.work.claim('b', 60_000, 1)).toMatchObject([{ id: job.id, tries: 3, epoch: 2 }])
  })

  it('comes at once and without tries when its state has changed meanwhile', async () => {
    const job = await aDueJob()
    const claim = await claimOne(a, 'a')
    await b.jobs.change(
      { ...job, epoch: claim.epoch },
      { set: { state: 'pausing' }, audit: anEntry('pause') },
    )
    expect(await b.work.claim('b', 60_000, 1)).toEqual([])

    await a.work.giveBack('a', claim, { againInMs: 3_600_000, tries: 3 })

    expect(await b.work.claim('b', 60_000, 1)).toMatchObject([{ id: job.id, tries: 0 }])
  })

  it('does not come again when its state has no more work', async () => {
    const job = await aDueJob()
    const claim = await claimOne(a, 'a')
    const fault = { state: 'error', resume: 'preparing' } as const
    await a.jobs.change({ ...job, epoch: claim.epoch }, { set: fault, audit: anEntry('fault') })

    await a.work.giveBack('a', claim, 'done')

    const [row] = await sql`select due_at, owner, lease_until from jobs where id = ${job.id}`
    expect(row).toEqual({ due_at: null, owner: null, lease_until: null })
  })

  it('is never forgotten while its state asks for work', async () => {
    const job = await aDueJob()

    await a.work.giveBack('a', await claimOne(a, 'a'), 'done')

    await expect.poll(() => b.work.claim('b', 60_000, 1), { timeout: 5000 }).toMatchObject([{ id: job.id }])
  })
})

describe('waiting for work', () => {
  it('ends when another replica makes some', async () => {
    await aDueJob()
    await a.work.wait(0)
    const started = Date.now()
    const wait = a.work.wait(20_000)

    await aJob(b, 'preparing')
    await wait

    expect(Date.now() - started).toBeLessThan(10_000)
  })

  it('ends after the time, and when it is aborted', async () => {
    await b.work.wait(0)
    await b.work.wait(1)
    await b.work.wait(60_000, AbortSignal.abort())

    const stop = new AbortController()
    const wait = b.work.wait(60_000, stop.signal)
    stop.abort()

    await expect(wait).resolves.toBeUndefined()
  })

  it('goes on after the listening connection was killed', async () => {
    await a.work.wait(0)
    const listening = async (): Promise<number[]> =>
      (
        await sql`select pid from pg_stat_activity
          where application_name = 'ferry listen' and datname = current_database() and query like 'listen%'`
      ).map((row) => row['pid'] as number)
    const former = await listening()
    await sql`select pg_terminate_backend(pid) from unnest(${former}::int[]) as pid`
    const anew = async () => (await listening()).filter((pid) => !former.includes(pid))
    await expect.poll(anew, { timeout: 10_000 }).toHaveLength(2)
    const started = Date.now()

    // Subscribing again wakes those who wait, so the second wait is the one that tells.
    await a.work.wait(100)
    const wait = a.work.wait(20_000)
    await aJob(b, 'preparing')
    await wait

    expect(Date.now() - started).toBeLessThan(10_000)
  })
})
