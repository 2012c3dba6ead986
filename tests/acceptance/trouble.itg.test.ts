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
    await ferry.tell('limit killed 10mbit')
    await ferry.tell('sync killed')
    await seen(ferry, 'killed', ({ progress }) => (progress?.appliedBytes ?? 0) > 2 * MIB)
    // However long it takes to kill it: it dies in mid-transfer.
    await ferry.tell('limit killed 64kbit')

    await ferry.sandbox.killMachine(await intermediateOf(ferry, 'killed'))
    const failed = await ferry.waitFor('killed', 'error')
    const before = await syncOf(ferry, 'killed')
    const trouble = await ferry.tell('troubleshoot killed', 'vera')
    await ferry.tell('limit killed off')
    await ferry.tell('retry killed')
    await ferry.waitFor('killed', 'waiting', 2)

    // What stands still has no pace and no time left.
    expect(failed.facts['Sync held up']).toMatch(/^#2 incremental: /)
    expect(failed.progress).toMatchObject({ leftMs: null, applyRate: 0, limitedBy: null })
    expect(failed.facts['Cost']).toMatch(/costs (money|CNY .*) until `retry`, `clear` or `release`$/)
    expect(trouble.facts['Code']).toBe('RECEIVER_UNREACHABLE')
    expect(trouble.facts['What happened']).toMatch(/^the (agent on the source|receiver) says: /)
    expect(trouble.facts['What to do']).toContain('`retry killed`')
    expect(trouble.facts['Will retry help']).toContain('yes: it goes on from Syncing')
    expect(trouble.facts['When']).toMatch(/, while Syncing, in sync #2 \(transferring\)$/)
    expect(trouble.facts['To go on']).toMatch(/^compares again, about .* to send \(.* are there already\)/)
    expect(trouble.facts['To start over']).toMatch(/^`clear killed` and create it again: about .* to send, /)
    expect(trouble.facts['Money meanwhile']).toMatch(/^1 billed: .* an hour/)
    expect(trouble.facts['To copy']).toBe('retry killed')
    expect(trouble.table?.rows).toHaveLength(1)
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
    const trouble = await ferry.tell('troubleshoot no-quota')

    await ferry.tell('retry no-quota')
    await ferry.waitFor('no-quota', 'waiting', 2)
    const over = await ferry.tell('troubleshoot no-quota', 'vera')

    expect(data?.['fault']).toMatchObject({ code: 'QUOTA_IMAGES' })
    expect(await syncOf(ferry, 'no-quota')).toMatchObject({ wireBytes: before.wireBytes, result: 'ok' })
    expect(await imagesOf(ferry, 'no-quota')).toHaveLength(2)
    expect(trouble.facts['To go on']).toMatch(/^no byte to send: only the image is made, /)
    expect(trouble.facts['What happened']).toMatch(/cloud code QuotaExceed.Image, RequestId [-0-9A-F]+/)
    // It stays to be read, with how it went on.
    expect(over.title).toMatch(/^Over now: /)
    expect(over.data).toMatchObject({ code: 'QUOTA_IMAGES', current: false })
    expect(over.facts['How it went on']).toMatch(/: no-quota went on to Waiting$/)
    expect(over.table?.rows.map(([, what]) => what)).toEqual([
      expect.stringMatching(/^QUOTA_IMAGES: /),
      'olga asked to retry',
    ])
  })

  it('S20: what passes by itself is tried again, and said while it lasts and when it is over', async () => {
    await ferry.migrate('passing', [MIB])
    ferry.sandbox.addFault({
      ...{ action: 'CreateSnapshot', kind: 'error', status: 403, times: 2 },
      code: 'IncorrectDiskStatus',
    })

    await ferry.tell('sync passing')
    const trying = await seen(ferry, 'passing', ({ facts }) => facts['Trying again'] !== undefined)
    await ferry.waitFor('passing', 'waiting', 2)
    const over = await ferry.tell('troubleshoot passing')

    expect(trying.data).toMatchObject({ state: 'syncing', fault: { code: 'CLOUD_WAIT', current: false } })
    expect(trying.facts['Trying again']).toMatch(
      /^trying again (in 1s|now) \(try [23] of 6\): A resource in the cloud is in mid-change: .*IncorrectDiskStatus/,
    )
    expect(over.data).toMatchObject({ code: 'CLOUD_WAIT', current: false, tries: 2 })
    expect(over.facts['How it went on']).toMatch(/: passing went on to Waiting$/)
    expect(over.table?.rows).toHaveLength(2)
    expect((await ferry.tell('status passing')).facts['Trying again']).toBeUndefined()
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
      expect.stringMatching(/^The intermediate of by-hand stays and costs (money|CNY) /),
    )
    expect((await ferry.ask('olga', 'retry by-hand')).code).toBe('intermediate-released')
    await ferry.tell('clear by-hand')
    await ferry.waitFor('by-hand', 'cleared')
  })
})
