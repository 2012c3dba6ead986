import { describe, expect, it } from 'vitest'
import { startFerry } from '../support/ferry.ts'
import { differingDisks, imagesOf, newestImage, remember, seen, syncOf } from '../support/looks.ts'
import { KIB, MIB } from '../support/source-disks.ts'

const ferry = await startFerry()
const HOUR = 3_600_000

describe('a migration', () => {
  it.each([
    ['one disk', [2 * MIB]],
    ['two disks that end within a block', [3 * MIB + 512, MIB + 1536]],
    ['three disks, one smaller than a block', [2 * MIB, 5 * 512, MIB + 64 * KIB]],
  ])('S4: of %s ends its full sync with an image of every byte, and is Waiting', async (_words, sizes) => {
    const name = `s4-of-${sizes.length}`
    const disks = await ferry.startSource(name, sizes)
    disks[0]?.write(MIB, 300 * KIB)
    await ferry.tell(`create ${name}`)
    await ferry.tell(`start ${name}`)

    const waiting = await ferry.waitFor(name, 'waiting', 1)

    expect(waiting.facts['Intermediate']).toBe('ready (billed)')
    expect(await syncOf(ferry, name)).toMatchObject({ sync: 1, kind: 'full', result: 'ok', askedBy: 'olga' })
    expect(await imagesOf(ferry, name)).toHaveLength(1)
    expect(await differingDisks(ferry, (await newestImage(ferry, name)).id, disks)).toEqual([])
  })

  it('S9: keeps in each image the bytes of its own time, also when a later sync has changed them', async () => {
    const disks = await ferry.migrate('web-s9', [3 * MIB, MIB])
    const first = remember(disks)
    disks[0]?.write(64 * KIB, 200 * KIB, 'new')
    disks[0]?.write(0, Buffer.alloc(64 * KIB))
    disks[1]?.write(4096, 100, 'new')
    const second = remember(disks)

    await ferry.tell('sync web-s9')
    await ferry.waitFor('web-s9', 'waiting', 2)
    disks[0]?.write(2 * MIB, 64 * KIB, 'after both')

    const [one, two] = await imagesOf(ferry, 'web-s9')
    expect(await differingDisks(ferry, one?.id ?? '', first)).toEqual([])
    expect(await differingDisks(ferry, two?.id ?? '', second)).toEqual([])
    expect(await differingDisks(ferry, one?.id ?? '', second)).toEqual([0, 1])
  })

  it('S10: compares first, then transfers what has changed, and shows both', async () => {
    const disks = await ferry.migrate('web-s10', [4 * MIB])
    disks[0]?.write(0, 2 * MIB, 'changed')
    await ferry.tell('limit web-s10 8mbit')

    await ferry.tell('sync web-s10')
    const comparing = await seen(ferry, 'web-s10', ({ progress }) => progress?.phase === 'comparing')
    const moving = await seen(
      ferry,
      'web-s10',
      ({ progress }) => progress?.phase === 'transferring' && progress.limitedBy === 'limit',
    )
    await ferry.waitFor('web-s10', 'waiting', 2)

    expect(comparing.progress?.percent).toBeLessThan(100)
    expect(moving.facts['State']).toMatch(/^Syncing, transferring at .* limited by the bandwidth limit$/)
    expect(moving.progress?.totalBytes).toBe(4 * MIB)
    expect(moving.progress?.comparedBytes).toBeGreaterThanOrEqual(moving.progress?.appliedBytes ?? 0)
    expect(await syncOf(ferry, 'web-s10')).toMatchObject({ comparedBytes: 4 * MIB, changedBytes: 2 * MIB })
  })

  it('C8: shows how far a sync is, ever further, and 100 % only with the image', async () => {
    const disks = await ferry.migrate('web-c8', [4 * MIB])
    disks[0]?.write(0, 3 * MIB, 'changed')
    await ferry.tell('limit web-c8 16mbit')
    ferry.sandbox.addFault({ action: 'CreateImage', kind: 'hang', delayMs: 400 })
    await ferry.tell('sync web-c8')

    const percents: number[] = []
    const phases = new Set<string>()
    await seen(ferry, 'web-c8', ({ progress, data }) => {
      if (progress !== undefined) percents.push(progress.percent)
      if (progress !== undefined) phases.add(progress.phase)
      return data?.['state'] === 'waiting'
    })

    expect(percents).toEqual([...percents].sort((a, b) => a - b))
    expect(new Set(percents).size).toBeGreaterThan(2)
    expect(Math.max(...percents)).toBeLessThan(100)
    expect([...phases]).toEqual(['comparing', 'transferring', 'imaging'])
  })

  it('S2: is due again one interval after the end of a sync, whoever asked for it', async () => {
    await ferry.migrate('web-s2', [MIB], 'every=2h')
    await ferry.tell('sync web-s2')
    const { data } = await ferry.waitFor('web-s2', 'waiting', 2)
    const manual = await syncOf(ferry, 'web-s2')
    const job = await ferry.store.jobs.named('web-s2')
    await ferry.sql`update jobs set next_sync_at = now() where id = ${job?.id ?? ''}`

    const after = await ferry.waitFor('web-s2', 'waiting', 3)

    const scheduled = await syncOf(ferry, 'web-s2')
    const gap = (next: unknown, end: string | null) => Date.parse(String(next)) - Date.parse(String(end))
    expect(Math.abs(gap(data?.['nextSyncAt'], manual.endedAt) - 2 * HOUR)).toBeLessThan(1000)
    expect(scheduled).toMatchObject({ kind: 'incremental', trigger: 'schedule', result: 'ok' })
    expect(Math.abs(gap(after.data?.['nextSyncAt'], scheduled.endedAt) - 2 * HOUR)).toBeLessThan(1000)
  })

  it('S6: a changed interval comes into force when the next sync ends; until then both are shown', async () => {
    await ferry.migrate('web-s6', [MIB], 'every=6h')
    const before = (await ferry.tell('status web-s6')).data?.['nextSyncAt']

    const changed = await ferry.tell('interval web-s6 2h')
    await ferry.tell('sync web-s6')
    const after = await ferry.waitFor('web-s6', 'waiting', 2)

    expect(changed.facts['Interval']).toBe('every 6h now, every 2h from the end of the next sync')
    expect(changed.data).toMatchObject({ nextSyncAt: before, pendingIntervalMs: 2 * HOUR })
    expect(after.facts['Interval']).toBe('every 2h')
    expect(after.data).toMatchObject({ intervalMs: 2 * HOUR, pendingIntervalMs: null })
  })
})
