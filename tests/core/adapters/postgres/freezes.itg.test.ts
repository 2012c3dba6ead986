import { afterEach, describe, expect, it } from 'vitest'
import type { Job } from '../../../../core/domain/job.ts'
import type { JobChange } from '../../../../core/ports/jobs.ts'
import { aJob, anEntry } from '../../../support/a-job.ts'
import { eventually } from '../../../support/eventually.ts'
import { freshStore } from '../../../support/fresh-store.ts'

const { store, sql } = await freshStore(3)
afterEach(() => unfreezeAll())

const notice = { severity: 'warning', title: 'frozen' } as const
const freezeAll = (by = 'ada') =>
  store.freezes.freezeAll({ by, reason: 'change stop' }, anEntry('freeze'), notice)
const unfreezeAll = () => store.freezes.unfreezeAll(anEntry('unfreeze'), notice)

const SYNC = { kind: 'incremental', trigger: 'manual', askedBy: 'ada' } as const
const begin = (job: Job, change: Omit<JobChange, 'audit'> = {}) =>
  store.jobs.change(job, {
    set: { state: 'syncing' },
    startSync: SYNC,
    ...change,
    audit: anEntry('sync'),
  })
const runningSyncs = async (): Promise<number> =>
  Number((await sql`select count(*) from syncs where result is null`)[0]?.['count'])
/** How many statements wait for a lock that another one holds. */
const waiting = async (): Promise<number> =>
  Number(
    (
      await sql`select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
    )[0]?.['count'],
  )

describe('a freeze of all jobs', () => {
  it('lets nothing begin: no sync, no full sync, no completion; not even of a job that is made meanwhile', async () => {
    const job = await aJob(store, 'waiting')
    await freezeAll()
    const ready = await aJob(store, 'ready')

    expect(await begin(job)).toBeUndefined()
    expect(
      await store.jobs.change(job, { set: { state: 'completing' }, audit: anEntry('complete') }),
    ).toBeUndefined()
    expect(
      await store.jobs.change(ready, { set: { state: 'preparing' }, audit: anEntry('start') }),
    ).toBeUndefined()
    expect(await store.jobs.byId(job.id)).toEqual(job)

    await unfreezeAll()
    expect((await begin(job))?.state).toBe('syncing')
  })

  it('lets what is under way go on, and everything that begins nothing', async () => {
    const preparing = await aJob(store, 'preparing')
    const syncing = await aJob(store, 'syncing')
    const waiting = await aJob(store, 'waiting')
    await freezeAll()

    const moved = [
      await store.jobs.change(preparing, { set: { state: 'syncing' }, audit: anEntry('prepared') }),
      await store.jobs.change(syncing, { set: { state: 'completing' }, audit: anEntry('finished') }),
      await store.jobs.change(waiting, { set: { state: 'paused' }, audit: anEntry('pause') }),
    ]

    expect(moved.map((job) => job?.state)).toEqual(['syncing', 'completing', 'paused'])
  })

  it('is set once by many who set it at once, and says who and why', async () => {
    const set = await Promise.all(Array.from({ length: 10 }, (_, index) => freezeAll(`person-${index}`)))

    expect(set.filter((isMine) => isMine)).toHaveLength(1)
    expect(await store.freezes.ofAll()).toMatchObject({
      by: `person-${set.indexOf(true)}`,
      reason: 'change stop',
    })
    const now = await store.now()
    const at = (await store.freezes.ofAll())?.at.getTime() ?? 0
    expect(Math.abs(now.getTime() - at)).toBeLessThan(10_000)
  })

  it('waits for a sync that is beginning, and is answered after it', async () => {
    const job = await aJob(store, 'waiting')
    const order: string[] = []
    const holder = await sql.reserve()
    await holder`begin`
    await holder`select from jobs where id = ${job.id} for update`

    const began = begin(job).then((after) => order.push(after === undefined ? 'not begun' : 'begun'))
    await eventually('the sync to wait', async () => (await waiting()) === 1)
    const froze = freezeAll().then(() => order.push('frozen'))
    await eventually('the freeze to wait', async () => (await waiting()) === 2)
    await holder`commit`
    holder.release()
    await Promise.all([began, froze])

    // The database has them one after the other; their answers come by two connections, in either order.
    expect(order.sort()).toEqual(['begun', 'frozen'])
  })

  it('that is being set holds back a sync that asks at this moment', async () => {
    const job = await aJob(store, 'waiting')
    const holder = await sql.reserve()
    await holder`begin`
    await holder`update freeze_all set frozen = '{"by":"bo","reason":"now","at":"2026-11-25T00:00:00.000Z"}'`

    const began = begin(job)
    await eventually('the sync to wait', async () => (await waiting()) === 1)
    await holder`commit`
    holder.release()

    expect(await began).toBeUndefined()
    expect(await store.jobs.byId(job.id)).toEqual(job)
  })

  it('is followed by no sync, however many begin at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const jobs = await Promise.all(Array.from({ length: 8 }, () => aJob(store, 'waiting')))
      const begun = jobs.map((job) => begin(job))
      await freezeAll()
      const atAnswer = await runningSyncs()
      await Promise.all(begun)

      expect(await runningSyncs()).toBe(atAnswer)
      await unfreezeAll()
    }
  })

  it('leaves no job due, and all of them once it is lifted', async () => {
    const job = await aJob(store, 'waiting')
    await store.jobs.change(job, { set: { nextSyncAt: new Date(0) }, audit: anEntry('auto') })
    const isDue = async () => (await store.jobs.due(1000)).some(({ id }) => id === job.id)
    const before = await isDue()
    await freezeAll()
    const frozen = await isDue()
    await unfreezeAll()

    expect([before, frozen, await isDue()]).toEqual([true, false, true])
  })
})

describe('a freeze of one job', () => {
  it('holds this job alone, and leaves it not due', async () => {
    const [job, other] = [await aJob(store, 'waiting'), await aJob(store, 'waiting')]
    const freeze = { by: 'ada', at: new Date(0), reason: 'disk is being replaced' }
    const frozen = await store.jobs.change(job, {
      set: { frozen: freeze, nextSyncAt: new Date(0) },
      audit: anEntry('freeze'),
    })

    expect(frozen?.frozen).toEqual(freeze)
    expect(await begin(frozen ?? job)).toBeUndefined()
    expect((await begin(other))?.state).toBe('syncing')
    expect((await store.jobs.due(1000)).map(({ id }) => id)).not.toContain(job.id)
  })

  it('given while a sync begins leaves one of both', async () => {
    for (let round = 0; round < 10; round++) {
      const job = await aJob(store, 'waiting')
      const freeze = { by: 'ada', at: new Date(0), reason: 'race' }
      const [begun, frozen] = await Promise.all([
        begin(job),
        store.jobs.change(job, { set: { frozen: freeze }, audit: anEntry('freeze') }),
      ])
      expect([begun, frozen].filter((after) => after !== undefined)).toHaveLength(1)
    }
  })
})

describe('a change that is bound to a time', () => {
  const change = (job: Job, from: string, to: string) =>
    sql`select now() + ${from}::interval as from, now() + ${to}::interval as to`.then(([time]) =>
      begin(job, { during: { from: time?.['from'] as Date, to: time?.['to'] as Date } }),
    )

  it('happens within it and not before or after, by the clock of the database', async () => {
    const job = await aJob(store, 'waiting')

    expect(await change(job, '1 second', '1 hour')).toBeUndefined()
    expect(await change(job, '-1 hour', '-1 millisecond')).toBeUndefined()
    expect((await change(job, '-1 second', '1 hour'))?.state).toBe('syncing')
  })
})
