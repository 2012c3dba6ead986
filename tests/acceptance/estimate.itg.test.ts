import { describe, expect, it } from 'vitest'
import type { Reply } from '../../core/commands/reply.ts'
import { eventually } from '../support/eventually.ts'
import { startFerry } from '../support/ferry.ts'
import { intermediateOf, seen, syncOf } from '../support/looks.ts'
import { KIB, MIB } from '../support/source-disks.ts'

const ferry = await startFerry()
const web = await ferry.migrate('web-01', [6 * MIB, MIB])

/** Asks until there is an answer. */
const answer = (text: string): Promise<Reply> =>
  eventually(`the answer to ${text}`, async () => {
    const reply = await ferry.ask('vera', text)
    return reply.code === 'estimating' ? undefined : reply
  })

describe('an estimate', () => {
  it('S10: counts what has changed and sends nothing: it needs no receiver', async () => {
    web[0]?.write(MIB, 3 * MIB, 'changed')
    web[1]?.write(100, 1, 'x')
    const instance = await intermediateOf(ferry, 'web-01')
    await ferry.sandbox.killMachine(instance)
    const before = await syncOf(ferry, 'web-01')

    const asked = await ferry.tell('estimate web-01', 'vera')
    const found = await answer('estimate web-01')

    expect(asked).toMatchObject({ outcome: 'accepted', code: 'estimating' })
    expect(found).toMatchObject({ outcome: 'done', code: 'estimated' })
    expect(found.data).toMatchObject({ changedBytes: 3 * MIB + 64 * KIB, totalBytes: 7 * MIB })
    expect(found.data?.['disks']).toMatchObject([
      { changedBytes: 3 * MIB, comparedBytes: 6 * MIB, isKnown: true },
      { changedBytes: 64 * KIB, comparedBytes: MIB, isKnown: true },
    ])
    expect(found.facts['Comparison']).toBe('every block: of a raw file nobody tells what was written')
    expect(found.facts['Cutover now']).toMatch(/comparing .* a cutover now means .* of downtime/)
    expect(await syncOf(ferry, 'web-01')).toEqual(before)
    await ferry.cloud.restartInstance(instance)
    await eventually('the receiver', async () => {
      const job = await ferry.store.jobs.named('web-01')
      const seenAt = (await ferry.store.intermediates.current(job?.id ?? ''))?.receiver?.seenAt
      return seenAt !== undefined && Date.now() - seenAt.getTime() < 300
    })
  })

  it('is told again while it is fresh, counted anew when asked so, and the next sync sends just that', async () => {
    const again = await ferry.tell('sync web-01 --estimate')
    web[0]?.write(0, 64 * KIB, 'changed too')
    const status = await ferry.tell('status web-01')
    expect((await ferry.tell('estimate web-01 --again')).code).toBe('estimating')
    const anew = await answer('estimate web-01')
    await ferry.tell('sync web-01')
    await ferry.waitFor('web-01', 'waiting', 2)

    expect(again.data).toMatchObject({ changedBytes: 3 * MIB + 64 * KIB })
    expect(status.facts['Cutover now']).toContain('to send, counted ')
    expect(status.facts['Images']).toContain('fuzzy: what is written to disk 0 meanwhile is not known')
    expect(status.facts['Comparison']).toBe('every block: of a raw file nobody tells what was written')
    expect(anew.data).toMatchObject({ changedBytes: 3 * MIB + 128 * KIB })
    expect((await syncOf(ferry, 'web-01')).changedBytes).toBe(3 * MIB + 128 * KIB)
    expect((await ferry.tell('estimate web-01')).code).toBe('estimating')
    expect((await answer('estimate web-01')).data).toMatchObject({ changedBytes: 0 })
  })

  it('may be asked while a job is Paused, and not while it syncs', async () => {
    web[0]?.write(0, 3 * MIB, 'for a sync that takes a while')
    await ferry.tell('limit web-01 8mbit')
    await ferry.tell('sync web-01')
    await seen(ferry, 'web-01', ({ data }) => data?.['phase'] === 'transferring')
    const busy = await ferry.ask('vera', 'estimate web-01')
    await ferry.tell('pause web-01')
    await ferry.waitFor('web-01', 'paused')
    const paused = await answer('estimate web-01')
    await ferry.tell('limit web-01 off')
    await ferry.tell('resume web-01')
    await ferry.waitFor('web-01', 'waiting', 3)

    expect(busy).toMatchObject({ outcome: 'refused', code: 'not-legal-now' })
    expect(paused.data).toMatchObject({ changedBytes: 3 * MIB })
    expect(paused.facts['Paused in a sync']).toBeDefined()
  })
})
