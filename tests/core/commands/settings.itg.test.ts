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
