import { describe, expect, it } from 'vitest'
import { startFerry } from '../support/ferry.ts'
import { differingDisks, imagesOf, newestImage, remember, seen, syncOf } from '../support/looks.ts'
import { KIB, MIB } from '../support/source-disks.ts'

const ferry = await startFerry()
const HOUR = 3_600_000
/** The job of all tests that need no fresh one. */
const web = await ferry.migrate('web-01', [4 * MIB, MIB], 'every=6h keep=10')

/** Asks for a sync; its number. */
async function sync(): Promise<number> {
  return Number((await ferry.tell('sync web-01')).data?.['sync'])
}

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
    const first = remember(web)
    web[0]?.write(64 * KIB, 200 * KIB, 'new')
    web[0]?.write(0, Buffer.alloc(64 * KIB))
    web[1]?.write(4096, 100, 'new')
    const second = remember(web)

    const number = await sync()
    await ferry.waitFor('web-01', 'waiting', number)
    web[0]?.write(2 * MIB, 64 * KIB, 'after both')

    const [one, two] = await imagesOf(ferry, 'web-01')
    expect(await differingDisks(ferry, one?.id ?? '', first)).toEqual([])
    expect(await differingDisks(ferry, two?.id ?? '', second)).toEqual([])
    expect(await differingDisks(ferry, one?.id ?? '', second)).toEqual([0, 1])
  })

  it('S10: compares first, then transfers what has changed, and shows both', async () => {
    web[0]?.write(0, 3 * MIB, 'changed for S10')
    await ferry.tell('limit web-01 8mbit')

    const number = await sync()
    const comparing = await seen(ferry, 'web-01', ({ progress }) => progress?.phase === 'comparing')
    const moving = await seen(
      ferry,
      'web-01',
      ({ progress }) =>
        progress?.phase === 'transferring' && progress.limitedBy === 'limit' && progress.applyRate > 0,
    )
    await ferry.waitFor('web-01', 'waiting', number)

    expect(comparing.progress?.percent).toBeLessThan(100)
    expect(moving.facts['State']).toMatch(/^Syncing, transferring at .* limited by the bandwidth limit$/)
    expect(moving.progress?.totalBytes).toBe(5 * MIB)
    expect(moving.progress?.comparedBytes).toBeGreaterThanOrEqual(moving.progress?.appliedBytes ?? 0)
    expect(await syncOf(ferry, 'web-01')).toMatchObject({ comparedBytes: 5 * MIB, changedBytes: 3 * MIB })
  })

  it('S10: foretells a sync when it starts, and says afterwards whether it kept to that', async () => {
    await ferry.tell('limit web-01 off')
    web[0]?.write(0, MIB, 'changed for the forecast')

    const waiting = await ferry.tell('status web-01')
    const asked = await ferry.tell('sync web-01')
    const number = Number(asked.data?.['sync'])
    const running = await seen(ferry, 'web-01', ({ data }) => data?.['forecast'] !== null)
    await ferry.waitFor('web-01', 'waiting', number)

    const phases = /comparing .*, transferring .*, imaging /
    expect(waiting.facts['Cutover now']).toMatch(phases)
    expect(waiting.facts['Cutover now']).toMatch(/a cutover now means .* of downtime/)
    expect(asked.facts['Forecast']).toMatch(phases)
    expect(running.facts['Forecast']).toMatch(phases)
    const sync = (await ferry.tell('history web-01')).data?.['syncs'] as Record<string, unknown>[]
    expect(sync[0]).toMatchObject({ sync: number, forecast: { total: expect.any(Object) as unknown } })
    expect(['inside', 'faster', 'slower']).toContain(sync[0]?.['score'])
    const history = await ferry.tell('history web-01')
    expect(history.facts['Forecasts']).toMatch(/^\d+ of \d+ came out inside their interval$/)
    const column = (name: string): string =>
      history.table?.rows[0]?.[history.table.columns.indexOf(name)] ?? ''
    expect(column('forecast')).toMatch(/ (s|min)$/)
    expect(column('outcome')).toMatch(/, (inside|faster|slower)$/)
  })

  it('C8: shows how far a sync is, ever further, and 100 % only with the image', async () => {
    web[0]?.write(0, 3 * MIB, 'changed for C8')
    await ferry.tell('limit web-01 16mbit')
    ferry.sandbox.addFault({ action: 'CreateImage', kind: 'hang', delayMs: 400 })
    await sync()

    const percents: number[] = []
    const phases = new Set<string>()
    await seen(ferry, 'web-01', ({ progress, data }) => {
      if (progress !== undefined) percents.push(progress.percent)
      if (progress !== undefined) phases.add(progress.phase)
      return data?.['state'] === 'waiting'
    })

    expect(percents).toEqual([...percents].sort((a, b) => a - b))
    expect(new Set(percents).size).toBeGreaterThan(2)
    expect(Math.max(...percents)).toBeLessThan(100)
    expect([...phases]).toEqual(['comparing', 'transferring', 'imaging'])
  })

  it('takes a lifted limit at once, in mid-sync', async () => {
    web[0]?.write(0, 3 * MIB, 'changed for the limit')
    await ferry.tell('limit web-01 64kbit')
    // At this rate it would take six minutes.
    const number = await sync()
    await seen(ferry, 'web-01', ({ progress }) => progress?.limitedBy === 'limit')

    const changed = await ferry.tell('limit web-01 off compression=on')
    await ferry.waitFor('web-01', 'waiting', number)

    expect(changed.facts['In force']).toBe('at once, also for the sync that runs')
    expect(await syncOf(ferry, 'web-01')).toMatchObject({ result: 'ok', changedBytes: 3 * MIB })
    expect(await differingDisks(ferry, (await newestImage(ferry, 'web-01')).id, web)).toEqual([])
  })

  it('names its images by the pattern, with the job’s own id where the name is taken', async () => {
    await ferry.migrate('names', [MIB], 'image-name={job}-{number}')
    const taken = 'names-2'
    const [first] = await imagesOf(ferry, 'names')
    const snapshot = (await ferry.cloud.image(first?.id ?? ''))?.snapshotIds[0] ?? ''
    await ferry.cloud.createImage({
      ...{ token: 'by hand', name: taken, description: 'by hand', architecture: 'x86_64', bootMode: 'BIOS' },
      ...{ snapshots: [{ id: snapshot, sizeGiB: 20 }], tags: { 'ferry:job': 'nobody', 'ferry:key': taken } },
    })

    await ferry.tell('sync names')
    await ferry.waitFor('names', 'waiting', 2)

    const names = (await imagesOf(ferry, 'names')).map(({ name }) => name)
    expect(names).toEqual(['names-1', expect.stringMatching(/^names-2-[0-9a-f]{8}$/)])
  })

  it('S20: that does not converge is told before its window: once as a notice, as long as it lasts in `status`', async () => {
    await ferry.tell('limit web-01 off')
    for (let blocks = 1; blocks <= 5; blocks++) {
      web[0]?.write(MIB, blocks * 64 * KIB, `growing ${blocks}`)
      await ferry.waitFor('web-01', 'waiting', await sync())
    }

    const status = await ferry.tell('status web-01')
    const job = await ferry.store.jobs.named('web-01')
    const told = await ferry.sql`
      select severity, title, facts from outbox
      where job_id = ${job?.id ?? ''} and title like '%does not converge%'`
    expect(told).toEqual([
      {
        severity: 'warning',
        title: expect.stringMatching(
          /^web-01: The migration does not converge: .*64 KiB, 128 KiB.* changed in the last 4 syncs$/,
        ) as string,
        facts: expect.objectContaining({
          'What to do': expect.stringContaining('`interval web-01 1h`'),
        }) as object,
      },
    ])
    expect(status.data).toMatchObject({ state: 'waiting', converging: false, fault: null })
    expect(status.facts['Warning']).toContain(
      '128 KiB, 192 KiB, 256 KiB, 320 KiB changed in the last 4 syncs',
    )
    expect((await ferry.tell('troubleshoot web-01')).facts['Warning']).toBe(status.facts['Warning'])
    expect((await ferry.ask('olga', 'complete web-01', { confirmed: false })).facts['Warning']).toBeDefined()
  })

  it('S2: is due again one interval after the end of a sync, whoever asked for it', async () => {
    const number = await sync()
    const { data } = await ferry.waitFor('web-01', 'waiting', number)
    const manual = await syncOf(ferry, 'web-01')
    const job = await ferry.store.jobs.named('web-01')
    await ferry.sql`update jobs set next_sync_at = now() where id = ${job?.id ?? ''}`

    const after = await ferry.waitFor('web-01', 'waiting', number + 1)

    const scheduled = await syncOf(ferry, 'web-01')
    const gap = (next: unknown, end: string | null) => Date.parse(String(next)) - Date.parse(String(end))
    expect(Math.abs(gap(data?.['nextSyncAt'], manual.endedAt) - 6 * HOUR)).toBeLessThan(1000)
    expect(scheduled).toMatchObject({ kind: 'incremental', trigger: 'schedule', result: 'ok' })
    expect(Math.abs(gap(after.data?.['nextSyncAt'], scheduled.endedAt) - 6 * HOUR)).toBeLessThan(1000)
  })

  it('S6: a changed interval comes into force when the next sync ends; until then both are shown', async () => {
    const before = (await ferry.tell('status web-01')).data?.['nextSyncAt']

    const changed = await ferry.tell('interval web-01 2h')
    const number = await sync()
    const after = await ferry.waitFor('web-01', 'waiting', number)

    expect(changed.facts['Interval']).toBe('every 6h now, every 2h from the end of the next sync')
    expect(changed.data).toMatchObject({ nextSyncAt: before, pendingIntervalMs: 2 * HOUR })
    expect(after.facts['Interval']).toBe('every 2h')
    expect(after.data).toMatchObject({ intervalMs: 2 * HOUR, pendingIntervalMs: null })
  })
})
