import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startFerry } from '../support/ferry.ts'
import { differingDisks, newestImage } from '../support/looks.ts'
import { MIB } from '../support/source-disks.ts'
import { standInGuest } from '../support/stand-in-guest.ts'

const directory = mkdtempSync(join(tmpdir(), 'ferry-guest-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
const ferry = await startFerry({
  sandbox: { emulator: standInGuest(directory).path },
  timings: { bootMs: 15_000 },
})

/** Said once by the operator; the rest is the wave's. */
const check = (step: string, more: string) => ferry.tell(`cutover check ${step} ${more}`)
/** The request for a job's completion, as soon as the wave has asked for it. */
const requestOf = (job: string) =>
  eventually(`a request to complete ${job}`, async () => {
    const found = await ferry.store.jobs.named(job)
    return (await ferry.store.approvals.open(found?.id))[0]?.number
  })

describe('a wave of two servers', () => {
  it(
    'S16: is moved over in order by ticks and approvals alone, each verified before the next, and ends with its report',
    { timeout: 90_000 },
    async () => {
      const [first, second] = await Promise.all([
        ferry.migrate('wave-01', [8 * MIB], 'every=7d'),
        ferry.migrate('wave-02', [4 * MIB], 'every=7d'),
      ])
      first[0]?.write(MIB, 2 * MIB, 'the last writes')
      const started = await ferry.tell('cutover start wave-01 wave-02')
      await check('services-stopped', 'wave-02')
      // The first one is not ready: the second waits for it, whatever is said of it.
      await check('services-stopped', 'wave-01')
      const request = await requestOf('wave-01')
      const waiting = await ferry.store.jobs.named('wave-02')
      expect(await ferry.store.approvals.open(waiting?.id)).toEqual([])

      await ferry.tell(`approve ${request}`, 'paula')
      await ferry.waitFor('wave-01', 'completed', 2, 40_000)
      const next = await requestOf('wave-02')
      // Its turn has come once the first is Verified, which nobody has asked for.
      expect(await newestImage(ferry, 'wave-01')).toMatchObject({ verdict: 'Verified' })
      await ferry.tell(`approve ${next}`, 'pete')
      await ferry.waitFor('wave-02', 'completed', 2, 40_000)
      await eventually(
        'its verdict',
        async () => (await newestImage(ferry, 'wave-02')).verdict === 'Verified',
      )

      for (const step of ['addresses', 'services-up']) await check(step, '--all')
      await ferry.tell('cutover check sign-off')
      const ended = await ferry.tell('cutover end')

      expect(ended).toMatchObject({ code: 'cutover-ended', data: { result: 'done' } })
      const report = ended.document?.text ?? ''
      // The last syncs beside their forecasts, with the downtime of each.
      expect(ended.charts?.[0]).toMatchObject({ points: ['wave-01', 'wave-02'] })
      expect(ended.charts?.[0]?.series.map(({ name }) => name)).toEqual([
        'last sync',
        'foretold at most',
        'downtime',
      ])
      expect(report).toMatch(/\| wave-01 \| Completed \| \d+s? ?\w* \| #2: .* \| #2 m-/)
      expect(report).toMatch(/\| paula \| wave-01 \| approve: approved/)
      expect(started.data?.['cutover']).toBe(ended.data?.['cutover'])
      // Each image holds what its source holds, byte for byte.
      for (const [name, disks] of [
        ['wave-01', first],
        ['wave-02', second],
      ] as const)
        expect(await differingDisks(ferry, (await newestImage(ferry, name)).id, disks)).toEqual([])
    },
  )
})
