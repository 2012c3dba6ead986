import { describe, expect, it } from 'vitest'
import { openCommands } from '../../support/commands.ts'
import { jobIn } from '../../support/job-in-state.ts'

const { store, ask } = await openCommands()

describe('sync', () => {
  it('starts one sync when 50 ask at once; the others hear which one runs', async () => {
    const job = await jobIn(store, 'waiting')

    const replies = await Promise.all(Array.from({ length: 50 }, () => ask('operator', `sync ${job.name}`)))

    const refused = replies.filter(({ outcome }) => outcome === 'refused')
    expect(refused).toHaveLength(49)
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['already-running']))
    expect(new Set(refused.map(({ title }) => title))).toEqual(
      new Set([`Sync #2 of ${job.name} is running already; it was asked by operator.`]),
    )
    const syncs = await store.syncs.list(job.id)
    expect(syncs.map(({ number, kind, result }) => ({ number, kind, result }))).toEqual([
      { number: 2, kind: 'incremental', result: null },
      { number: 1, kind: 'full', result: 'ok' },
    ])
    const audit = await store.audit.list({ jobId: job.id, limit: 200 })
    expect(audit.filter(({ outcome }) => outcome === 'syncing')).toHaveLength(1)
    expect(audit.filter(({ outcome }) => outcome === 'refused: already-running')).toHaveLength(49)
  })
})
