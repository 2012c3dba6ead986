import { describe, expect, it } from 'vitest'
import { startFerry } from '../support/ferry.ts'
import { billedFor, differingDisks, imagesOf, newestImage, seen, syncOf } from '../support/looks.ts'
import { KIB, MIB } from '../support/source-disks.ts'

const ferry = await startFerry()
const web = await ferry.migrate('web-01', [4 * MIB])
/** Its cloud takes about a second for an image. */
const slow = await startFerry({ sandbox: { speed: 3 } })

describe('pause', () => {
  it('S7: stops a comparison where it is; resume goes on and ends the same sync', async () => {
    web[0]?.write(0, 100 * KIB, 'changed')

    await ferry.tell('sync web-01')
    const paused = await ferry.tell('pause web-01')
    await ferry.waitFor('web-01', 'paused')
    await ferry.tell('resume web-01')
    await ferry.waitFor('web-01', 'waiting', 2)

    expect(paused).toMatchObject({ outcome: 'accepted', data: { state: 'pausing', phase: 'comparing' } })
    expect(await syncOf(ferry, 'web-01')).toMatchObject({ sync: 2, result: 'ok' })
    expect(await differingDisks(ferry, (await newestImage(ferry, 'web-01')).id, web)).toEqual([])
  })

  it('S7: stops a transfer where it is; what was applied is not sent again', async () => {
    const disks = await ferry.migrate('transfer', [6 * MIB])
    disks[0]?.write(0, 5 * MIB, 'changed')
    await ferry.tell('limit transfer 16mbit')

    await ferry.tell('sync transfer')
    await seen(ferry, 'transfer', ({ progress }) => (progress?.appliedBytes ?? 0) > MIB)
    await ferry.tell('pause transfer')
    await ferry.waitFor('transfer', 'paused')
    const stopped = await syncOf(ferry, 'transfer')
    await ferry.tell('limit transfer off')
    await ferry.tell('resume transfer')
    await ferry.waitFor('transfer', 'waiting', 2)

    const sync = await syncOf(ferry, 'transfer')
    expect(stopped).toMatchObject({ sync: 2, result: null })
    expect(stopped.appliedBytes).toBeLessThan(5 * MIB)
    expect(sync).toMatchObject({ sync: 2, result: 'ok' })
    // Over both orders: what was applied before the pause is not applied, nor sent, again.
    expect(sync.changedBytes).toBeLessThanOrEqual(5 * MIB)
    expect(sync.wireBytes).toBeLessThan(6 * MIB)
    expect(await differingDisks(ferry, (await newestImage(ferry, 'transfer')).id, disks)).toEqual([])
  })

  it('S7: lets an image that is being made be finished, then rests with the sync ended', async () => {
    ferry.sandbox.addFault({ action: 'CreateImage', kind: 'hang', delayMs: 1000 })

    await ferry.tell('sync web-01')
    await seen(ferry, 'web-01', ({ progress }) => progress?.phase === 'imaging')
    await ferry.tell('pause web-01')
    const paused = await ferry.waitFor('web-01', 'paused')
    const resumed = await ferry.tell('resume web-01')

    expect(await syncOf(ferry, 'web-01')).toMatchObject({ sync: 3, result: 'ok' })
    expect(await imagesOf(ferry, 'web-01')).toHaveLength(3)
    expect(paused.data?.['nextSyncAt']).toBeNull()
    expect(resumed.data).toMatchObject({ state: 'waiting', nextSyncAt: expect.any(String) })
  })

  it('S7: holds back the schedule of a job that is Waiting, until it is resumed', async () => {
    const due = (await ferry.tell('status web-01')).data?.['nextSyncAt']

    const paused = await ferry.tell('pause web-01')
    const sync = await ferry.ask('olga', 'sync web-01')
    const resumed = await ferry.tell('resume web-01')

    expect(paused).toMatchObject({ outcome: 'done', data: { state: 'paused', nextSyncAt: null } })
    expect(sync.title).toBe('sync is not possible while web-01 is Paused. It is possible in Waiting.')
    expect(resumed.data).toMatchObject({ state: 'waiting' })
    expect(Date.parse(String(resumed.data?.['nextSyncAt'])) - Date.parse(String(due))).toBeLessThan(1000)
  })
})

describe('cancel', () => {
  it('S8: ends a migration in mid-sync; the images stay, everything else is released', async () => {
    const disks = await ferry.migrate('cancelled', [6 * MIB])
    disks[0]?.write(0, 5 * MIB, 'changed')
    await ferry.tell('limit cancelled 16mbit')
    await ferry.tell('sync cancelled')
    await seen(ferry, 'cancelled', ({ progress }) => (progress?.appliedBytes ?? 0) > 0)

    await ferry.tell('cancel cancelled')
    const { data } = await ferry.waitFor('cancelled', 'cancelled')

    expect(data).toMatchObject({ intermediate: 'released', nextSyncAt: null, images: 1 })
    expect(await syncOf(ferry, 'cancelled')).toMatchObject({ sync: 2, result: 'cancelled' })
    expect((await ferry.ask('olga', 'sync cancelled')).outcome).toBe('refused')
    expect(await billedFor(ferry, 'cancelled')).toEqual([])
  })

  it('S8: takes back the snapshots of an image that is not made any more', async () => {
    await slow.migrate('in-imaging', [MIB])
    await slow.tell('sync in-imaging')
    await seen(slow, 'in-imaging', ({ progress }) => progress?.phase === 'imaging')

    await slow.tell('cancel in-imaging')
    await slow.waitFor('in-imaging', 'cancelled')

    const job = await slow.store.jobs.named('in-imaging')
    const tagged = await slow.cloud.inventory()
    const kinds = tagged.filter(({ tags }) => tags['ferry:job'] === job?.id).map(({ kind }) => kind)
    expect(kinds.sort()).toEqual(['image', 'snapshot'])
    expect(await imagesOf(slow, 'in-imaging')).toHaveLength(1)
  })
})
