import { describe, expect, it } from 'vitest'
import type { Job, Sync } from '../../../../core/domain/job.ts'
import type { Orders } from '../../../../core/ports/machines.ts'
import { aJob, anEntry } from '../../../support/a-job.ts'
import { freshStore } from '../../../support/fresh-store.ts'

type Report = Parameters<Orders['agentReported']>[2]

const { store, sql } = await freshStore()

/** A job in Syncing with an intermediate, whose sync is ordered under `epoch`. */
async function anOrder(): Promise<{ job: Job; sync: Sync; epoch: number }> {
  const job = await aJob(store, 'syncing')
  const plan = { jobId: job.id, mode: 'receive', carrier: false } as const
  await store.intermediates.plan({ ...plan, resourceKey: `i-${job.id}`, tokenHash: `t-${job.id}` })
  const sync = await store.syncs.running(job.id)
  if (sync === undefined) throw new Error('no sync runs')
  await store.syncs.order(sync.id, job.epoch)
  return { job, sync, epoch: job.epoch }
}

const aReport = (report: Partial<Report> = {}): Report => ({
  ...{
    status: 'working',
    phase: 'comparing',
    limitedBy: 'disk',
    comparison: 'full',
    roots: null,
    instant: null,
    fault: null,
  },
  ...{ totalBytes: 1000, comparedBytes: 0, changedBytes: 0, appliedBytes: 0, wireBytes: 0 },
  ...report,
})

const workOf = async (sync: Sync) => {
  const work = await store.syncs.work(sync.id)
  if (work === undefined) throw new Error('the sync has gone')
  return work
}

/** As if the last report had come so many seconds ago. */
const age = (sync: Sync, seconds: number) =>
  sql`update syncs set agent_reported_at = agent_reported_at - make_interval(secs => ${seconds}),
    agent_moved_at = agent_moved_at - make_interval(secs => ${seconds}) where id = ${sync.id}`

describe('an order', () => {
  it('is there for its source, with everything a ticket needs', async () => {
    const { job, sync, epoch } = await anOrder()

    const order = await store.orders.forSource(job.sourceId)

    expect(order).toMatchObject({ job: { id: job.id }, sync: { id: sync.id, tries: 1 }, epoch })
    expect(order?.disks).toEqual(await store.jobs.disks(job.id))
    expect(order?.intermediate.resourceKey).toBe(`i-${job.id}`)
  })

  it('is not there once it is withdrawn, finished, or the job is not Syncing', async () => {
    const [withdrawn, finished, paused] = [await anOrder(), await anOrder(), await anOrder()]

    await store.syncs.withdraw(withdrawn.sync.id)
    await store.orders.agentReported(finished.sync.id, finished.epoch, aReport({ status: 'done' }))
    await store.jobs.change(paused.job, { set: { state: 'pausing' }, audit: anEntry('pause') })

    for (const { job } of [withdrawn, finished, paused]) {
      expect(await store.orders.forSource(job.sourceId)).toBeUndefined()
    }
  })

  it('keeps what was reported when it is given again under the same epoch', async () => {
    const { sync, epoch } = await anOrder()
    await store.orders.agentReported(sync.id, epoch, aReport({ comparedBytes: 10 }))

    await store.syncs.order(sync.id, epoch)

    expect(await workOf(sync)).toMatchObject({ epoch, agent: { status: 'working' } })
  })

  it('begins from nothing under a higher epoch, and cannot be given under a lower one', async () => {
    const { job, sync, epoch } = await anOrder()
    const done = aReport({ status: 'done', roots: ['r'] })
    await store.orders.agentReported(sync.id, epoch, done)
    await sql`update jobs set epoch = ${epoch + 1} where id = ${job.id}`

    await store.syncs.order(sync.id, epoch + 1)
    await store.syncs.order(sync.id, epoch)

    const work = await workOf(sync)
    expect(work).toMatchObject({ epoch: epoch + 1, agent: { status: 'silent', roots: null, movedAt: null } })
    expect(await store.orders.agentReported(sync.id, epoch, done)).toEqual({ inForce: false })
    expect(await workOf(sync)).toEqual(work)
  })

  it('wakes the agent of its source and no other', async () => {
    const { job, sync } = await anOrder()
    const other = await anOrder()
    await Promise.all([job, other.job].map((one) => store.orders.wait(one.sourceId, 100)))
    const ended: string[] = []
    const stop = new AbortController()
    const wait = async (name: string, sourceId: string) => {
      await store.orders.wait(sourceId, 20_000, stop.signal)
      ended.push(name)
    }
    const waits = [wait('other', other.job.sourceId), wait('own', job.sourceId)]

    await store.syncs.withdraw(sync.id)
    await expect.poll(() => ended, { timeout: 10_000 }).toEqual(['own'])

    stop.abort()
    await Promise.all(waits)
  })
})

describe('a report of an agent', () => {
  it('is stored as the progress of its sync', async () => {
    const { sync, epoch } = await anOrder()

    const reply = await store.orders.agentReported(
      sync.id,
      epoch,
      aReport({
        phase: 'transferring',
        comparedBytes: 900,
        changedBytes: 300,
        appliedBytes: 100,
        wireBytes: 90,
      }),
    )

    expect(reply).toEqual({ inForce: true })
    const work = await workOf(sync)
    expect(work.agent).toMatchObject({ status: 'working', roots: null, fault: null })
    expect(work.progress).toMatchObject({ comparedBytes: 900, appliedBytes: 100, limitedBy: 'disk' })
    expect(work.progress.at).toBeInstanceOf(Date)
    expect((await store.syncs.byId(sync.id))?.phase).toBe('transferring')
  })

  it('S9: says what the copy is of, once it is done', async () => {
    const { sync, epoch } = await anOrder()
    const instant = { kind: 'consistent', at: '2026-11-25T17:02:03.000Z', heldMs: 120 } as const
    await store.orders.agentReported(sync.id, epoch, aReport())
    expect((await store.syncs.byId(sync.id))?.instant).toBeNull()

    await store.orders.agentReported(sync.id, epoch, aReport({ status: 'done', roots: ['r'], instant }))

    expect((await store.syncs.byId(sync.id))?.instant).toEqual(instant)
  })

  it('counts for nothing when the order is not in force', async () => {
    const { job, sync, epoch } = await anOrder()
    const before = await workOf(sync)

    expect(await store.orders.agentReported(sync.id, epoch + 1, aReport())).toEqual({ inForce: false })
    expect(await store.orders.agentReported('no such sync', epoch, aReport())).toEqual({ inForce: false })
    await store.jobs.change(job, { set: { state: 'pausing' }, audit: anEntry('pause') })
    expect(await store.orders.agentReported(sync.id, epoch, aReport())).toEqual({ inForce: false })

    expect(await workOf(sync)).toEqual(before)
  })

  it.each(['before', 'after'])('that it has stopped is noted %s its order is withdrawn', async (when) => {
    const { job, sync, epoch } = await anOrder()
    await store.orders.agentReported(sync.id, epoch, aReport())
    await store.jobs.change(job, { set: { state: 'pausing' }, audit: anEntry('pause') })
    if (when === 'after') await store.syncs.withdraw(sync.id)

    const reply = await store.orders.agentReported(sync.id, epoch, aReport({ status: 'stopped' }))

    expect(reply).toEqual({ inForce: false })
    expect((await workOf(sync)).agent.status).toBe('stopped')
    if (when === 'before') await store.syncs.withdraw(sync.id)
    expect((await workOf(sync)).agent.status).toBe('stopped')
  })

  it('takes nothing back when it comes late, and changes nothing after the last one', async () => {
    const { sync, epoch } = await anOrder()
    await store.orders.agentReported(sync.id, epoch, aReport({ comparedBytes: 500 }))
    await store.orders.agentReported(sync.id, epoch, aReport({ comparedBytes: 400 }))
    expect((await workOf(sync)).progress.comparedBytes).toBe(500)
    await store.orders.agentReported(
      sync.id,
      epoch,
      aReport({ status: 'done', comparedBytes: 1000, roots: ['r'] }),
    )
    const done = await workOf(sync)

    const late = await store.orders.agentReported(sync.id, epoch, aReport({ comparedBytes: 600 }))

    expect(late).toEqual({ inForce: true })
    expect(await workOf(sync)).toEqual(done)
    expect(done.agent).toMatchObject({ status: 'done', roots: ['r'] })
  })

  it('makes rates that follow the last seconds smoothly', async () => {
    const { sync, epoch } = await anOrder()
    await store.orders.agentReported(sync.id, epoch, aReport())

    const rates: number[] = []
    for (let step = 1; step <= 10; step++) {
      await age(sync, 2)
      await store.orders.agentReported(
        sync.id,
        epoch,
        aReport({ comparedBytes: step * 2000, appliedBytes: step * 200 }),
      )
      rates.push((await workOf(sync)).progress.compareRate)
    }

    expect(rates[0]).toBeGreaterThan(200)
    expect(rates).toEqual(rates.toSorted((x, y) => x - y))
    expect(rates.at(-1)).toBeGreaterThan(900)
    expect(rates.at(-1)).toBeLessThan(1010)
    const { applyRate } = (await workOf(sync)).progress
    expect(applyRate).toBeCloseTo((rates.at(-1) ?? 0) / 10, 0)
  })

  it('counts as movement only when a counter has grown', async () => {
    const { sync, epoch } = await anOrder()
    await store.orders.agentReported(sync.id, epoch, aReport({ comparedBytes: 5 }))
    await age(sync, 60)
    const { movedAt } = (await workOf(sync)).agent

    await store.orders.agentReported(sync.id, epoch, aReport({ comparedBytes: 5 }))
    const still = (await workOf(sync)).agent
    await store.orders.agentReported(sync.id, epoch, aReport({ comparedBytes: 6 }))
    const moved = (await workOf(sync)).agent

    expect(still.movedAt).toEqual(movedAt)
    expect(still.reportedAt?.getTime()).toBeGreaterThan(movedAt?.getTime() ?? Infinity)
    expect(moved.movedAt?.getTime()).toBeGreaterThan(movedAt?.getTime() ?? Infinity)
  })
})

describe('a report of a receiver', () => {
  it('stores sealed roots or a fault, for the order in force alone', async () => {
    const { sync, epoch } = await anOrder()
    const fault = { code: 'RECEIVER_IO', detail: 'disk 0' }

    await store.orders.receiverReported(sync.id, epoch, { roots: ['r0'], fault: null })
    const heartbeat = await store.orders.receiverReported(sync.id, epoch, { roots: null, fault: null })
    const former = await store.orders.receiverReported(sync.id, epoch - 1, { roots: ['other'], fault })

    expect([heartbeat, former]).toEqual([{ inForce: true }, { inForce: false }])
    expect((await workOf(sync)).receiver).toEqual({ sealedRoots: ['r0'], fault: null })
  })
})

describe('a sync', () => {
  it('begins again from nothing when it is restarted', async () => {
    const { sync, epoch } = await anOrder()
    await store.orders.agentReported(sync.id, epoch, aReport({ status: 'done', roots: ['r'] }))
    await store.syncs.setTransferred(sync.id, ['r'])

    await store.syncs.restart(sync.id)

    expect(await store.syncs.roots(sync.id)).toBeUndefined()
    expect(await workOf(sync)).toMatchObject({ epoch: null, agent: { status: 'silent', roots: null } })
  })

  it('has image progress that only rises, and roots once it is transferred', async () => {
    const { sync } = await anOrder()
    await store.syncs.setPhase(sync.id, 'imaging')
    await store.syncs.setImagePercent(sync.id, 40)
    await store.syncs.setImagePercent(sync.id, 30)
    expect(await store.syncs.roots(sync.id)).toBeUndefined()
    await store.syncs.setTransferred(sync.id, ['r0', 'r1'])

    const now = await store.syncs.byId(sync.id)

    expect(now).toMatchObject({ phase: 'imaging', progress: { imagePercent: 40 } })
    expect(now?.transferredAt).toBeInstanceOf(Date)
    expect(await store.syncs.roots(sync.id)).toEqual(['r0', 'r1'])
  })

  it('has one image, however often it is recorded', async () => {
    const { job, sync } = await anOrder()
    const image = {
      jobId: job.id,
      syncId: sync.id,
      cloudId: 'm-1',
      name: 'web',
      roots: ['r'],
      consistency: 'fuzzy',
    }

    const [first, second] = await Promise.all([store.images.record(image), store.images.record(image)])

    expect(second).toEqual(first)
    expect(first).toMatchObject({ number: 1, pinned: false, inUse: false, verdict: null, roots: ['r'] })
    expect((await store.syncs.byId(sync.id))?.imageId).toBe(first.id)
    await store.images.setPinned(first.id, true, anEntry('images pin'))
    await store.images.setInUse(first.id, true)
    await store.images.setDeleted(first.id)
    expect(await store.images.list(job.id)).toEqual([])
    expect(await store.images.list(job.id, { all: true })).toMatchObject([{ pinned: true, inUse: true }])
    expect((await store.audit.list({ jobId: job.id, limit: 1 }))[0]?.action).toBe('images pin')
  })
})
