import { describe, expect, it } from 'vitest'
import { anEntry, aSource } from '../../../support/a-job.ts'
import { freshStore } from '../../../support/fresh-store.ts'

const { store, sql } = await freshStore()

const progress = { doneBytes: 1, totalBytes: 2, note: 'half' }
const answer = { disks: [] }

const ask = (sourceId: string, mostMs = 60_000) =>
  store.tasks.ask(
    {
      sourceId,
      jobId: null,
      kind: 'speedtest',
      params: { diskBytes: 1024, networkBytes: 0 },
      askedBy: 'ada',
      mostMs,
    },
    anEntry('speedtest'),
  )

const report = (id: string, sourceId: string, status: 'working' | 'done' | 'failed' = 'working') =>
  store.tasks.reported(id, sourceId, {
    status,
    progress,
    result: status === 'done' ? answer : undefined,
    fault: null,
  })

describe('a task', () => {
  it('is asked once at a time per kind and source, audited once, and can be asked again when it has ended', async () => {
    const { source } = await aSource(store)
    const before = await store.audit.list({ limit: 1000 })

    const [first, second] = await Promise.all([ask(source.id), ask(source.id)])
    expect(first.task.id).toBe(second.task.id)
    expect([first.isNew, second.isNew].filter(Boolean)).toHaveLength(1)
    expect(await store.audit.list({ limit: 1000 })).toHaveLength(before.length + 1)

    await report(first.task.id, source.id, 'done')
    const again = await ask(source.id)
    expect(again.isNew).toBe(true)
    expect(await store.tasks.latest(source.id, 'speedtest')).toMatchObject({
      id: again.task.id,
      state: 'asked',
    })
    expect(await store.tasks.latest(source.id, 'speedtest', { done: true })).toMatchObject({
      ...{ id: first.task.id, state: 'done', progress, result: answer },
    })
  })

  it('wakes the request that its agent holds open', async () => {
    const { source } = await aSource(store)
    const waiting = store.orders.wait(source.id, 20_000)
    const start = performance.now()

    await ask(source.id)
    await waiting

    expect(performance.now() - start).toBeLessThan(10_000)
  })

  it('is not changed by another source, nor once it has ended', async () => {
    const [{ source }, other] = [await aSource(store), await aSource(store)]
    const { task } = await ask(source.id)

    expect(await report(task.id, other.source.id)).toEqual({ inForce: false })
    expect(await report(task.id, source.id)).toEqual({ inForce: true })
    await store.tasks.stop(task.id)
    expect(await report(task.id, source.id, 'done')).toEqual({ inForce: false })

    expect(await store.tasks.byId(task.id)).toMatchObject({ state: 'stopped', result: null })
  })

  it('fails when its agent is silent, and when it takes too long', async () => {
    const [silent, slow, fine] = [await aSource(store), await aSource(store), await aSource(store)]
    const tasks = await Promise.all([silent, slow, fine].map(({ source }) => ask(source.id)))
    const [one, two, three] = tasks.map(({ task }) => task.id)
    await sql`update agent_tasks set asked_at = now() - interval '1 minute' where id = ${one ?? ''}`
    await report(two ?? '', slow.source.id)
    await sql`update agent_tasks set expires_at = now() where id = ${two ?? ''}`

    expect(await store.tasks.expire(45_000)).toBe(2)

    expect(await store.tasks.byId(one ?? '')).toMatchObject({
      state: 'failed',
      fault: { code: 'AGENT_OFFLINE' },
    })
    expect(await store.tasks.byId(two ?? '')).toMatchObject({
      state: 'failed',
      fault: { code: 'TASK_TIMEOUT' },
    })
    expect(await store.tasks.byId(three ?? '')).toMatchObject({ state: 'asked' })
  })
})
