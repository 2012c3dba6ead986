import { describe, expect, it } from 'vitest'
import postgres from 'postgres'
import { describeFleet } from '../../../core/commands/describe-fleet.ts'
import { anEntry } from '../../support/a-job.ts'
import { openCommands } from '../../support/commands.ts'
import { anImageOf, jobIn } from '../../support/job-in-state.ts'

const { store, ask, url } = await openCommands({ complete: 1 })
const sql = postgres(url, { max: 1 })

describe('the fleet', () => {
  it('says of each job how far behind it is, what it keeps and costs, and what waits for a person', async () => {
    const job = await jobIn(store, 'waiting')
    await anImageOf(store, job, 'm-fleet1')
    await sql`update syncs set transferred_at = now() - interval '2 hours' where job_id = ${job.id}`
    const resource = { jobId: job.id, syncId: null, request: {}, purpose: 'intermediate' }
    for (const [key, kind] of [
      ['a', 'instance'],
      ['b', 'disk'],
    ] as const)
      await store.ledger.intend({ ...resource, key, kind })
    await store.ledger.setPrice('a', { perHour: 0.2, currency: 'CNY', what: 'an instance' })
    const asked = await ask('operator', `complete ${job.name}`)

    const [row] = (await describeFleet({ store }, { text: job.name })).rows

    expect(row).toMatchObject({
      ...{ job: job.name, state: 'waiting', stateWords: 'Waiting', percent: null, lag: '2h' },
      ...{ keep: '1 of 3', cost: 'CNY 0.2000', held: '' },
      needs: [
        {
          what: `request ${String(asked.data?.['approval'])} waits for approval`,
          command: `approve ${String(asked.data?.['approval'])}`,
        },
      ],
    })
    expect(row?.lastSync).toMatch(/^#1 /)
    expect(row?.actions.map(({ label }) => label)).toContain('sync')
  })

  it('shows how far a running sync is, and who is in trouble', async () => {
    const syncing = await jobIn(store, 'syncing')
    const failed = await jobIn(store, 'error')
    const { rows, counts, needing } = await describeFleet({ store }, { needy: false })
    const rowOf = (name: string) => rows.find(({ job }) => job === name)

    expect(rowOf(syncing.name)).toMatchObject({ stateWords: 'Syncing 0 %', percent: 0, lagMs: null })
    expect(rowOf(failed.name)).toMatchObject({
      stateWords: 'Error RECEIVER_UNREACHABLE',
      needs: [{ command: `troubleshoot ${failed.name}` }],
    })
    expect(counts).toMatchObject({ syncing: 1, error: 1, waiting: 1 })
    expect(needing).toBe(2)
  })

  it('can be narrowed to states, to a part of a name, and to those that wait for a person', async () => {
    const needy = await describeFleet({ store }, { needy: true })
    const errors = await describeFleet({ store }, { states: ['error'] })

    expect(needy.rows.map(({ state }) => state).toSorted()).toEqual(['error', 'waiting'])
    expect(errors.rows.map(({ state }) => state)).toEqual(['error'])
    expect((await describeFleet({ store }, { text: '%' })).rows).toEqual([])
  })

  it('is what list shows', async () => {
    const quiet = await jobIn(store, 'paused')
    await store.jobs.change(quiet, { set: { state: 'clearing' }, audit: anEntry() })
    const reply = await ask('viewer', 'list')
    const needs = await ask('viewer', 'list --needs')

    expect(reply.title).toBe('4 jobs, 2 of them wait for a person.')
    expect(reply.facts['All cost']).toMatch(/^CNY 0.2000 an hour/)
    expect(needs.title).toBe('2 jobs wait for a person.')
    expect(needs.table?.rows).toHaveLength(2)
  })
})
