import { describe, expect, it } from 'vitest'
import type { JobChange } from '../../../../core/ports/jobs.ts'
import { aJob, aNewJob, aSource, anEntry } from '../../../support/a-job.ts'
import { freshStore } from '../../../support/fresh-store.ts'

const { store, sql } = await freshStore()

const audited = async (jobId: string) => store.audit.list({ jobId, limit: 100 })

describe('creating a job', () => {
  it('stores it in Ready with its disks, one audit row and its notices', async () => {
    const wanted = await aNewJob(store)

    const job = await store.jobs.create(wanted, anEntry('create'), [{ severity: 'info', title: 'Created' }])

    expect(job).toMatchObject({ state: 'ready', version: 1, epoch: 0, name: wanted.name, fault: null })
    expect(job?.createdAt).toBeInstanceOf(Date)
    expect(await store.jobs.disks(job?.id ?? '')).toEqual(wanted.disks)
    expect(await store.jobs.named(wanted.name)).toEqual(job)
    expect(await store.jobs.byId(job?.id ?? '')).toEqual(job)
    expect(await audited(job?.id ?? '')).toMatchObject([{ action: 'create', job: wanted.name }])
  })

  it('finds the name taken until the job that has it is cleared', async () => {
    const first = await aJob(store)
    const again = { ...(await aNewJob(store)), name: first.name }
    expect(await store.jobs.create(again, anEntry('create'))).toBeUndefined()

    const clearing = await store.jobs.change(first, { set: { state: 'clearing' }, audit: anEntry('clear') })
    if (clearing === undefined) throw new Error('clear was refused')
    await store.jobs.change(clearing, { set: { state: 'cleared' }, audit: anEntry('cleared') })
    const second = await store.jobs.create(again, anEntry('create'))

    expect(second?.name).toBe(first.name)
    expect((await store.jobs.named(first.name))?.id).toBe(second?.id)
    const names = async (all: boolean) => (await store.jobs.list({ all })).map((job) => job.id)
    expect(await names(true)).toContain(first.id)
    expect(await names(false)).not.toContain(first.id)
  })

  it('leaves one open job per source when many are made at once', async () => {
    const wanted = await aNewJob(store)

    const made = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        store.jobs.create({ ...wanted, name: `${wanted.name}-${i}` }, anEntry('create')),
      ),
    )

    expect(made.filter((job) => job !== undefined)).toHaveLength(1)
    expect((await store.jobs.openOfSource(wanted.sourceId))?.id).toBe(made.find((job) => job)?.id)
  })

  it('lets a clone stand beside a job that lost its intermediate', async () => {
    const lost = await aJob(store, 'syncing')
    const failed = {
      set: { state: 'error', resume: 'syncing', intermediate: 'lost' },
      audit: anEntry(),
    } as const
    await store.jobs.change(lost, failed)
    const { source } = await aSource(store)

    const wanted = {
      ...(await aNewJob(store)),
      sourceId: lost.sourceId,
      name: source.name,
      clonedFrom: lost.id,
    }
    const clone = await store.jobs.create(wanted, anEntry('clone'))

    expect((await store.jobs.openOfSource(lost.sourceId))?.id).toBe(clone?.id)
  })

  it.each([
    ['an interval under an hour', { intervalMs: 3_599_999 }],
    ['an interval over 7 days', { intervalMs: 604_800_001 }],
    ['keep 0', { keep: 0 }],
    ['keep 11', { keep: 11 }],
  ])('is refused by the database with %s', async (_, settings) => {
    await expect(aJob(store, 'ready', settings)).rejects.toThrow(/the database refused .*23514/)
  })

  it('says nothing of statements or values when it is refused', async () => {
    const refused = await aJob(store, 'ready', { keep: 77, zone: 'secret-zone' }).catch(
      (error: unknown) => error,
    )

    expect(String(refused)).not.toMatch(/secret-zone|insert|values/i)
  })
})

describe('a change of a job', () => {
  it('is made by one of 50 at once', async () => {
    const job = await aJob(store, 'waiting')
    const start = { kind: 'incremental', trigger: 'manual', askedBy: 'ada' } as const
    const change: JobChange = { set: { state: 'syncing' }, startSync: start, audit: anEntry('sync') }

    const results = await Promise.all(Array.from({ length: 50 }, () => store.jobs.change(job, change)))

    expect(results.filter((result) => result !== undefined)).toHaveLength(1)
    expect(results.find((result) => result)?.version).toBe(job.version + 1)
    expect((await audited(job.id)).filter((row) => row.action === 'sync')).toHaveLength(1)
    expect((await store.syncs.list(job.id)).map((sync) => sync.number)).toEqual([2, 1])
  })

  it.each([
    ['version', { version: 1, epoch: 0 }],
    ['epoch', { version: 4, epoch: 7 }],
  ])('is not made at another %s', async (_, at) => {
    const job = await aJob(store, 'waiting')

    const changed = await store.jobs.change(
      { id: job.id, ...at },
      { set: { keep: 5 }, audit: anEntry('keep') },
    )

    expect(changed).toBeUndefined()
    expect(await store.jobs.byId(job.id)).toEqual(job)
    expect((await audited(job.id)).filter((row) => row.action === 'keep')).toEqual([])
  })

  it('gives back every setting as it was set', async () => {
    const job = await aJob(store, 'syncing')
    const fault = { code: 'AGENT_OFFLINE', detail: 'disk 0: "silent"', at: new Date(), tries: 3 }
    const set = {
      state: 'error',
      resume: 'syncing',
      fault,
      pendingIntervalMs: 3_600_000,
      auto: false,
    } as const

    const changed = await store.jobs.change(job, { set, audit: anEntry('fault') })

    expect(changed).toMatchObject(set)
    const healed = { set: { fault: null, pendingIntervalMs: null, nextSyncAt: new Date() }, audit: anEntry() }
    expect(await store.jobs.change(changed ?? job, healed)).toMatchObject(healed.set)
  })

  it('keeps a fault to be read when it is over, and says when and how it ended', async () => {
    const job = await aJob(store, 'syncing')
    const at = new Date()
    const course = {
      ...{ step: 'syncing' as const, reached: null, failures: 1, againAt: at },
      attempts: [{ at, what: 'CLOUD_BUSY: throttled' }],
    } as const
    const fault = { code: 'CLOUD_BUSY', detail: 'throttled', at, tries: 1, course }

    await store.jobs.noteFault(job.id, job.epoch + 1, { ...fault, detail: 'from nobody who holds the work' })
    const untouched = await store.jobs.byId(job.id)
    await store.jobs.noteFault(job.id, job.epoch, fault)
    const noted = await store.jobs.byId(job.id)
    const sameState = await store.jobs.change(noted ?? job, { set: { keep: 5 }, audit: anEntry() })
    const ended = await store.jobs.change(sameState ?? job, {
      ...{ set: { state: 'waiting' }, endSync: { result: 'ok' }, audit: anEntry() },
    })
    const later = await store.jobs.change(ended ?? job, { set: { state: 'syncing' }, audit: anEntry() })

    expect(untouched).toEqual(job)
    expect(noted).toEqual({ ...job, fault })
    expect(sameState?.fault).toEqual(fault)
    expect(ended?.fault).toMatchObject({ ...fault, ended: { state: 'waiting', by: 'ada' } })
    expect(ended?.fault?.ended?.at).toBeInstanceOf(Date)
    expect(later?.fault).toEqual(ended?.fault)
  })

  it('leaves nothing when one part of it fails (all or nothing)', async () => {
    const job = await aJob(store, 'syncing')
    const before = await audited(job.id)
    const start = { kind: 'incremental', trigger: 'manual', askedBy: 'ada' } as const

    // A sync runs already, so the second one cannot be inserted (I1).
    const change = store.jobs.change(job, {
      set: { keep: 9 },
      startSync: start,
      audit: anEntry('sync'),
      notices: [{ severity: 'info', title: 'must not appear' }],
    })

    await expect(change).rejects.toThrow(/syncs_one_running_per_job/)
    expect(await store.jobs.byId(job.id)).toEqual(job)
    expect(await audited(job.id)).toEqual(before)
    const titles: string[] = []
    await store.outbox.deliver(async (notice) => void titles.push(notice.title))
    expect(titles).not.toContain('must not appear')
  })

  it('to a state that the life table lacks is refused by the database (I3)', async () => {
    const job = await aJob(store, 'waiting')
    await expect(sql`update jobs set state = 'completed' where id = ${job.id}`).rejects.toThrow(
      /cannot go from/,
    )

    const change = store.jobs.change(job, { set: { state: 'cleared' }, audit: anEntry('cleared') })

    await expect(change).rejects.toThrow(/jobs_life/)
    expect(await store.jobs.byId(job.id)).toEqual(job)
  })

  it('leaves exactly one audit row per transition (I10)', async () => {
    const job = await aJob(store, 'paused')

    const actions = (await audited(job.id)).map((row) => row.action)

    expect(actions).toEqual(['paused', 'waiting', 'syncing', 'preparing', 'create'])
  })

  it('ends one sync and begins the next in one go', async () => {
    const job = await aJob(store, 'syncing')

    await store.jobs.change(job, {
      endSync: { result: 'ok' },
      startSync: { kind: 'final', trigger: 'schedule', askedBy: 'ferry' },
      audit: anEntry('sync'),
    })

    const syncs = await store.syncs.list(job.id)
    expect(syncs.map(({ number, kind, result }) => ({ number, kind, result }))).toEqual([
      { number: 2, kind: 'final', result: null },
      { number: 1, kind: 'full', result: 'ok' },
    ])
  })
})

describe('epoch and version', () => {
  it.each(['epoch', 'version'])('of a job never fall: %s (I2)', async (column) => {
    const job = await aJob(store)
    await store.work.claim('replica', 60_000, 1)

    const fall = sql`update jobs set ${sql(column)} = -1 where id = ${job.id}`

    await expect(fall).rejects.toThrow(/would fall/)
  })
})

describe('due syncs', () => {
  it('are those of jobs in Waiting whose time has come, earliest first', async () => {
    const at = (ms: number) => ({ set: { nextSyncAt: new Date(Date.now() + ms) }, audit: anEntry() })
    const [late, later, future] = [
      await aJob(store, 'waiting'),
      await aJob(store, 'waiting'),
      await aJob(store, 'waiting'),
    ]
    await store.jobs.change(late, at(-60_000))
    await store.jobs.change(later, at(-1000))
    await store.jobs.change(future, at(3_600_000))

    const due = (await store.jobs.due(10)).map((job) => job.id)

    expect(due.filter((id) => [late.id, later.id, future.id].includes(id))).toEqual([late.id, later.id])
  })
})

describe('reminders of cost', () => {
  it('are claimed once for each job at rest whose intermediate costs money', async () => {
    const [told, resting, running] = [
      await aJob(store, 'paused'),
      await aJob(store, 'paused'),
      await aJob(store, 'waiting'),
    ]
    const day = 24 * 3_600_000
    await sql`update jobs set cost_told_at = now() - interval '25 hours' where id in ${sql([resting.id, running.id])}`
    const claim = () => store.jobs.claimCostReminders(new Date(Date.now() - day))

    const claimed = (await Promise.all([claim(), claim(), claim()])).flat().map((job) => job.id)

    expect(claimed).toEqual([resting.id])
    expect(claimed).not.toContain(told.id)
    expect((await store.jobs.byId(resting.id))?.version).toBe(resting.version)
  })
})
