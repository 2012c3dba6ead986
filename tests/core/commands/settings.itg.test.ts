import { describe, expect, it } from 'vitest'
import type { State } from '../../../core/domain/job.ts'
import { STATES } from '../../../core/domain/job.ts'
import { isOver } from '../../../core/domain/life.ts'
import { openCommands } from '../../support/commands.ts'
import { anImageOf, jobIn } from '../../support/job-in-state.ts'

const { store, ask } = await openCommands({ complete: 0 })

/** Where each setting may be changed. */
const LEGAL: Record<string, readonly State[]> = {
  auto: ['ready', 'waiting'],
  interval: STATES.filter((state) => !isOver(state)),
  limit: STATES.filter((state) => !isOver(state)),
  keep: STATES.filter((state) => !['clearing', 'cleared'].includes(state)),
}
const VALUES: Record<string, string> = { auto: 'off', interval: '2h', limit: '200mbit', keep: '5' }
const cases = Object.keys(LEGAL).flatMap((command) => STATES.map((state) => ({ command, state })))

describe('a setting', () => {
  it.each(cases)('$command of a job that is $state is changed or refused', async ({ command, state }) => {
    const job = await jobIn(store, state)

    const reply = await ask('operator', `${command} ${job.name} ${VALUES[command] ?? ''}`)

    const after = await store.jobs.byId(job.id)
    expect(reply.outcome).toBe(LEGAL[command]?.includes(state) === true ? 'done' : 'refused')
    if (reply.outcome === 'refused') expect(after).toEqual(job)
    else expect(after).toMatchObject({ state, version: job.version + 1 })
  })

  it('limit is lifted by off', async () => {
    const job = await jobIn(store, 'waiting')
    await ask('operator', `limit ${job.name} 200mbit`)
    const limited = await store.jobs.byId(job.id)

    await ask('operator', `limit ${job.name} off`)

    expect(limited?.bytesPerSecond).toBe(25_000_000)
    expect((await store.jobs.byId(job.id))?.bytesPerSecond).toBeNull()
  })

  it('limit takes bandwidth, compression and connections, each left as it is when it is not given', async () => {
    const job = await jobIn(store, 'waiting')

    const all = await ask('operator', `limit ${job.name} 200mbit compression=on connections=4`)
    const one = await ask('operator', `limit ${job.name} connections=1`)

    expect(all.title).toBe(`${job.name} sends at most 200mbit, compression on, 4 connections.`)
    expect(all.facts['In force']).toBe('from its next sync or retry on')
    expect(one.facts['Limit']).toBe('at most 200mbit, compression on, 1 connection')
    expect(await store.jobs.byId(job.id)).toMatchObject({
      ...{ bytesPerSecond: 25_000_000, compression: 'on', connections: 1 },
    })
  })

  it('S9: limit says how long writes may be held, or that they never are', async () => {
    const job = await jobIn(store, 'waiting')
    expect(job.holdMs).toBe(2000)

    const never = await ask('operator', `limit ${job.name} hold=off`)
    const longer = await ask('operator', `limit ${job.name} hold=5s`)

    expect(never.title).toBe(`${job.name} sends as fast as it can, writes never held.`)
    expect(longer.facts['Limit']).toBe('as fast as it can, writes held for at most 5s')
    expect((await store.jobs.byId(job.id))?.holdMs).toBe(5000)
  })

  it.each([
    ['off', 'at once, also for the sync that runs'],
    ['compression=off', 'at once, also for the sync that runs'],
    ['connections=2', 'from the next sync or retry on'],
    ['hold=off', 'from the next sync or retry on'],
    ['64kbit connections=2', 'bandwidth and compression at once, the rest from the next sync or retry on'],
  ])('limit %s of a job that syncs is in force %s', async (change, words) => {
    const job = await jobIn(store, 'syncing')

    expect((await ask('operator', `limit ${job.name} ${change}`)).facts['In force']).toBe(words)
  })

  it.each([
    ['', 'missing-argument', 'Say what to change'],
    ['compression=fast', 'bad-argument', 'auto, on, off'],
    ['connections=0', 'bad-argument', 'from 1 to 8'],
    ['connections=9', 'bad-argument', 'from 1 to 8'],
    ['hold=31s', 'bad-argument', 'outside 1s to 30s'],
    ['hold=6h', 'bad-argument', 'outside 1s to 30s; 2s would do'],
    ['63kbit', 'bad-argument', 'not less than 64kbit'],
    ['200mbit 4', 'bad-argument', 'one word too many'],
  ])('C7: limit %j is refused as %s', async (change, code, words) => {
    const job = await jobIn(store, 'waiting')

    const reply = await ask('operator', `limit ${job.name} ${change}`)

    expect(reply).toMatchObject({ outcome: 'refused', code })
    expect(reply.title).toContain(words)
    expect(await store.jobs.byId(job.id)).toEqual(job)
  })

  it('S6: interval of a job that syncs comes into force at the end of that sync', async () => {
    const job = await jobIn(store, 'syncing')

    const reply = await ask('operator', `interval ${job.name} 2h`)

    expect(reply.facts).toMatchObject({
      Interval: 'every 6h now, every 2h from the end of this sync',
      'Next sync': '2h after this sync ends',
    })
  })

  it('keep is confirmed when images would go, and not otherwise', async () => {
    let job = await jobIn(store, 'waiting', { keep: 5 })
    await anImageOf(store, job, 'm-one1')
    await ask('operator', `sync ${job.name}`)
    job = (await store.jobs.byId(job.id)) ?? job
    await anImageOf(store, job, 'm-two2')

    const asked = await ask('operator', `keep ${job.name} 1`, { confirmed: false })
    const enough = await ask('operator', `keep ${job.name} 2`, { confirmed: false })
    const confirmed = await ask('operator', `keep ${job.name} 1`)

    expect(asked).toMatchObject({ outcome: 'refused', code: 'confirm' })
    expect(asked.title).toBe(
      'Keeping 1 deletes image #1 (m-one1) when this sync has its image. Confirm to go on.',
    )
    expect(asked.actions).toEqual([
      { label: 'confirm', command: `keep job=${job.name} images=1`, effect: 'final' },
    ])
    expect(enough.outcome).toBe('done')
    expect(confirmed).toMatchObject({ outcome: 'done', data: { keep: 1 } })
  })
})
