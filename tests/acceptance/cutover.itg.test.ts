import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { startFerry } from '../support/ferry.ts'
import {
  billedFor,
  completed,
  differingDisks,
  imagesOf,
  newestImage,
  seen,
  syncOf,
} from '../support/looks.ts'
import { KIB, MIB } from '../support/source-disks.ts'

const ferry = await startFerry()

describe('automatic sync that is off from the beginning', () => {
  it('S1: makes a full copy only, then the job is Completed by itself, without an approval', async () => {
    const disks = await ferry.startSource('full-only', [2 * MIB, MIB])
    await ferry.tell('create full-only auto=off')
    await ferry.tell('start full-only')

    const { data } = await ferry.waitFor('full-only', 'completed')

    expect(data).toMatchObject({ intermediate: 'released', nextSyncAt: null, images: 1, auto: false })
    expect(await differingDisks(ferry, (await newestImage(ferry, 'full-only')).id, disks)).toEqual([])
    expect(await billedFor(ferry, 'full-only')).toEqual([])
  })
})

describe('automatic sync', () => {
  it('S1: is turned off and on while the job is Waiting, and not while it syncs', async () => {
    const disks = await ferry.migrate('on-and-off', [4 * MIB])
    const due = (await ferry.tell('status on-and-off')).data?.['nextSyncAt']

    const off = await ferry.tell('auto on-and-off off')
    const on = await ferry.tell('auto on-and-off on')
    disks[0]?.write(0, 2 * MIB, 'changed')
    await ferry.tell('limit on-and-off 8mbit')
    await ferry.tell('sync on-and-off')
    const busy = await ferry.ask('olga', 'auto on-and-off off')
    await ferry.waitFor('on-and-off', 'waiting', 2)

    expect(off).toMatchObject({ data: { auto: false, nextSyncAt: null } })
    expect(off.facts['Next sync']).toBe('none: automatic sync is off')
    expect(on.data?.['auto']).toBe(true)
    expect(Date.parse(String(on.data?.['nextSyncAt'])) - Date.parse(String(due))).toBeLessThan(1000)
    expect(busy.title).toBe(
      'auto is not possible while on-and-off is Syncing. It is possible in Ready or Waiting.',
    )
  })
})

describe('a cutover', () => {
  it('S12: runs one last sync on request, which demands that the services are stopped, then completes', async () => {
    const disks = await ferry.migrate('cutover', [4 * MIB, MIB + 512])
    const image = await newestImage(ferry, 'cutover')
    disks[0]?.write(MIB, 2 * MIB, 'the last writes')
    disks[1]?.write(MIB, 512, 'the last writes')
    await ferry.tell('limit cutover 8mbit')

    const running = await ferry.ask('olga', 'complete cutover --last-sync')
    const asked = await ferry.tell('complete cutover --last-sync --services-stopped')
    await ferry.tell(`approve ${String(asked.data?.['approval'])}`, 'paula')
    const moving = await seen(ferry, 'cutover', ({ progress }) => progress?.phase === 'transferring')
    const { data } = await ferry.waitFor('cutover', 'completed', 2)

    expect(running).toMatchObject({ outcome: 'refused', code: 'services-running' })
    expect(running.title).toContain('`complete cutover --last-sync --services-stopped`')
    expect(moving.facts['Sync now']).toMatch(/^#2 final: transferring/)
    expect(await syncOf(ferry, 'cutover')).toMatchObject({
      sync: 2,
      kind: 'final',
      askedBy: 'olga',
      result: 'ok',
    })
    expect(data).toMatchObject({ intermediate: 'released', nextSyncAt: null, images: 2 })
    // S14: the last image holds it all.
    expect(await differingDisks(ferry, (await newestImage(ferry, 'cutover')).id, disks)).toEqual([])
    expect((await newestImage(ferry, 'cutover')).id).not.toBe(image.id)
  })

  it('S11: without a last sync leaves out what has changed since, and says so before', async () => {
    const disks = await ferry.migrate('no-last', [2 * MIB])
    disks[0]?.write(MIB, KIB, 'too late')

    const asked = await ferry.ask('olga', 'complete no-last', { confirmed: false })
    await completed(ferry, 'no-last')

    expect(asked).toMatchObject({ outcome: 'refused', code: 'confirm' })
    expect(asked.title).toContain('not even what changed since the last sync')
    expect(await imagesOf(ferry, 'no-last')).toHaveLength(1)
    expect(await differingDisks(ferry, (await newestImage(ferry, 'no-last')).id, disks)).toEqual([0])
  })

  it('S13: ends the syncs for good; a clone of the job starts from its last image and sends what changed', async () => {
    const disks = await ferry.migrate('over', [6 * MIB, 2 * MIB])
    disks[0]?.write(0, 4 * MIB, 'a lot')
    await completed(ferry, 'over', '--last-sync --services-stopped')
    const ended = await ferry.store.jobs.named('over')
    const refused = []
    for (const text of [
      'sync over',
      'start over',
      'resume over',
      'retry over',
      'complete over',
      'interval over 2h',
    ])
      refused.push(await ferry.ask('olga', text))

    await ferry.tell('clone over over-again')
    disks[0]?.write(5 * MIB, 100 * KIB, 'changed since')
    disks[1]?.write(MIB, 1, 'changed since')
    const started = await ferry.tell('start over-again')
    await ferry.waitFor('over-again', 'waiting', 1)

    expect(started.title).toContain('the first sync sends what has changed since the image')
    expect(started.facts['Cloned from']).toBe('over')
    expect(refused.map(({ outcome }) => outcome)).toEqual(refused.map(() => 'refused'))
    expect(refused[0]?.title).toBe('sync is not possible while over is Completed. It is possible in Waiting.')
    expect(ended?.nextSyncAt).toBeNull()
    const sync = await syncOf(ferry, 'over-again')
    expect(sync).toMatchObject({ comparedBytes: 8 * MIB, changedBytes: 3 * 64 * KIB })
    // The three blocks hold noise, which does not compress: little more than they went over the wire.
    expect(sync.wireBytes).toBeGreaterThan(2 * 64 * KIB)
    expect(sync.wireBytes).toBeLessThan(4 * 64 * KIB)
    expect(await differingDisks(ferry, (await newestImage(ferry, 'over-again')).id, disks)).toEqual([])
  })
})

describe('a cutover within a window', () => {
  it('S11, S14, S18: is held off outside it and by a freeze, then leaves what is left to do with what is known', async () => {
    const disks = await ferry.migrate('windowed', [2 * MIB])
    await ferry.tell('window windowed "2090-12-05 22:00-02:00 Europe/Berlin"')
    const outside = await ferry.ask('olga', 'complete windowed --last-sync --services-stopped')
    await ferry.tell(
      'window windowed "Mon 00:00-24:00 UTC, Tue 00:00-24:00 UTC, Wed 00:00-24:00 UTC, Thu 00:00-24:00 UTC, Fri 00:00-24:00 UTC, Sat 00:00-24:00 UTC, Sun 00:00-24:00 UTC"',
    )
    await ferry.tell("freeze all reason='change stop'", 'pete')
    const frozen = await ferry.ask('olga', 'complete windowed --last-sync --services-stopped')
    await ferry.tell('unfreeze all')
    disks[0]?.write(MIB, 64 * KIB, 'the last writes')

    const end = await completed(ferry, 'windowed', '--last-sync --services-stopped')

    expect([outside.code, frozen.code]).toEqual(['outside-window', 'frozen'])
    expect(frozen.title).toContain('All jobs are frozen by pete')
    const image = await newestImage(ferry, 'windowed')
    expect(await differingDisks(ferry, image.id, disks)).toEqual([])
    expect(end.facts['Check the data']).toContain(
      `checks image #2 ${image.id} (exact: services were stopped)`,
    )
    expect(end.facts['Check mounts']).toContain(disks[0]?.path)
    expect(end.facts['Start services']).toContain(hostname())
    expect(end.facts['Switch addresses']).toContain('update DNS (and the ICP filing)')
    expect(end.facts['If it was a mistake']).toContain('`clone windowed windowedb`')
    const notices = await ferry.sql<{ facts: Record<string, string> }[]>`
      select facts from outbox where job = 'windowed' and title like '%is Completed%'`
    expect(notices[0]?.facts).toMatchObject({ 'Check mounts': end.facts['Check mounts'] })
  })
})

describe('what is left in the cloud', () => {
  it('S22: is nothing but images and their snapshots after Completed, Cancelled and Cleared', async () => {
    await ferry.migrate('to-cancel', [MIB, MIB])
    await ferry.migrate('to-clear', [MIB])

    await ferry.tell('cancel to-cancel')
    await ferry.tell('pause to-clear')
    await ferry.tell('clear to-clear')
    await ferry.waitFor('to-cancel', 'cancelled')
    await ferry.waitFor('to-clear', 'cleared')

    for (const [name, disks] of [
      ['full-only', 2],
      ['to-cancel', 2],
      ['to-clear', 1],
    ] as const) {
      const job = await ferry.store.jobs.named(name)
      const tagged = (await ferry.cloud.inventory()).filter(({ tags }) => tags['ferry:job'] === job?.id)
      const ledger = await ferry.store.ledger.open(job?.id)
      const { data } = await ferry.tell(`resources ${name}`)
      const kinds = ['image', ...Array.from({ length: disks }, () => 'snapshot')]
      expect(tagged.map(({ kind }) => kind).sort()).toEqual(kinds)
      expect(ledger.map(({ cloudId }) => cloudId).sort()).toEqual(tagged.map(({ id }) => id).sort())
      expect((data?.['resources'] as { id: string }[]).map(({ id }) => id)).toEqual(
        ledger.map(({ cloudId }) => cloudId),
      )
    }
  })
})
