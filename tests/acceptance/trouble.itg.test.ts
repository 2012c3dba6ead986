import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startFerry } from '../support/ferry.ts'
import {
  billedFor,
  differingDisks,
  imagesOf,
  intermediateOf,
  newestImage,
  seen,
  syncOf,
} from '../support/looks.ts'
import { MIB } from '../support/source-disks.ts'

const ferry = await startFerry()

describe('a job in Error', () => {
  it('S20: names cause and remedy; retry goes on from there and sends nothing twice', async () => {
    const disks = await ferry.migrate('killed', [8 * MIB])
    disks[0]?.write(0, 6 * MIB, 'changed')
    await ferry.tell('limit killed 24mbit')
    await ferry.tell('sync killed')
    await seen(ferry, 'killed', ({ progress }) => (progress?.appliedBytes ?? 0) > 2 * MIB)

    await ferry.sandbox.killMachine(await intermediateOf(ferry, 'killed'))
    const failed = await ferry.waitFor('killed', 'error')
    const before = await syncOf(ferry, 'killed')
    const trouble = await ferry.tell('troubleshoot killed', 'vera')
    await ferry.tell('limit killed off')
    await ferry.tell('retry killed')
    await ferry.waitFor('killed', 'waiting', 2)

    expect(failed.facts['Cost']).toContain('costs money until `retry`, `clear` or `release`')
    expect(trouble.facts['Code']).toBe('RECEIVER_UNREACHABLE')
    expect(trouble.facts['What to do']).toContain('`retry killed`')
    expect(trouble.facts['Will retry help']).toContain('yes: it goes on from Syncing')
    const sync = await syncOf(ferry, 'killed')
    expect(before.appliedBytes).toBeGreaterThan(2 * MIB)
    expect(sync).toMatchObject({ sync: 2, result: 'ok' })
    // Over both tries: what was applied before the death is not applied, nor sent, again.
    expect(sync.changedBytes).toBeLessThanOrEqual(6 * MIB)
    expect(sync.wireBytes).toBeLessThan(7 * MIB)
    expect(await differingDisks(ferry, (await newestImage(ferry, 'killed')).id, disks)).toEqual([])
  })

  it('S20: makes the image without sending a block again when only the image was refused', async () => {
    await ferry.migrate('no-quota', [MIB])
    ferry.sandbox.addFault({ action: 'CreateImage', kind: 'error', status: 403, code: 'QuotaExceed.Image' })
    await ferry.tell('sync no-quota')
    const { data } = await ferry.waitFor('no-quota', 'error')
    const before = await syncOf(ferry, 'no-quota')

    await ferry.tell('retry no-quota')
    await ferry.waitFor('no-quota', 'waiting', 2)

    expect(data?.['fault']).toMatchObject({ code: 'QUOTA_IMAGES' })
    expect(await syncOf(ferry, 'no-quota')).toMatchObject({ wireBytes: before.wireBytes, result: 'ok' })
    expect(await imagesOf(ferry, 'no-quota')).toHaveLength(2)
  })

  it('S22: keeps its intermediate and says what it costs, until it is released by hand', async () => {
    await ferry.migrate('by-hand', [MIB])
    ferry.sandbox.addFault({ action: 'CreateImage', kind: 'error', status: 403, code: 'QuotaExceed.Image' })
    await ferry.tell('sync by-hand')
    await ferry.waitFor('by-hand', 'error')
    const instance = await intermediateOf(ferry, 'by-hand')
    const kept = await billedFor(ferry, 'by-hand')

    await ferry.tell(`release ${instance}`)
    await eventually('the release', async () => (await billedFor(ferry, 'by-hand')).length === 0)

    expect(kept).toContain('instance')
    const job = await ferry.store.jobs.named('by-hand')
    const told = await ferry.sql`select title from outbox where job_id = ${job?.id ?? ''} order by 1`
    expect(told.map(({ title }) => String(title))).toContainEqual(
      expect.stringMatching(/^The intermediate of by-hand stays and costs money/),
    )
    expect((await ferry.ask('olga', 'retry by-hand')).code).toBe('retry-useless')
    await ferry.tell('clear by-hand')
    await ferry.waitFor('by-hand', 'cleared')
  })
})
