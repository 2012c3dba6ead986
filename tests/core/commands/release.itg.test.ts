import { describe, expect, it } from 'vitest'
import type { Job, State } from '../../../core/domain/job.ts'
import { openCommands } from '../../support/commands.ts'
import { jobIn } from '../../support/job-in-state.ts'

const { store, ask } = await openCommands()

async function withInstance(state: State, id: string, purpose = 'intermediate'): Promise<Job> {
  const job = await jobIn(store, state)
  const key = `${job.id}/${purpose}`
  await store.ledger.intend({ key, jobId: job.id, syncId: null, kind: 'instance', purpose, request: {} })
  await store.ledger.created(key, id)
  return job
}

describe('release', () => {
  it('refuses what Ferry does not hold, and what is not an id', async () => {
    const unknown = await ask('operator', 'release i-nobodys0000')
    const name = await ask('operator', 'release web-01!')

    expect(unknown).toMatchObject({ outcome: 'refused', code: 'no-such-resource' })
    expect(unknown.title).toContain('it never touches what is not its own')
    expect(name.title).toBe('"web-01!" is not an id of the cloud, such as i-bp1a2b3c4d5e6f7g8h9j.')
  })

  it('refuses an image: those go by keep', async () => {
    const job = await jobIn(store, 'waiting')
    const key = `${job.id}/image`
    await store.ledger.intend({
      ...{ key, jobId: job.id, syncId: null, kind: 'image', purpose: 'image of sync #1', request: {} },
    })
    await store.ledger.created(key, 'm-image0001')

    const reply = await ask('operator', 'release m-image0001')

    expect(reply).toMatchObject({ outcome: 'refused', code: 'not-releasable' })
    expect(reply.title).toContain('images go by `keep ')
  })

  it.each(['preparing', 'syncing', 'waiting', 'paused'] as const)(
    'refuses the intermediate of a job that is %s and needs it',
    async (state) => {
      const id = `i-of${state}`
      const job = await withInstance(state, id)

      const reply = await ask('operator', `release ${id}`)

      expect(reply).toMatchObject({ outcome: 'refused', code: 'not-legal-now' })
      expect(reply.title).toContain('It can be released by hand in Error. Possible now:')
      expect(await store.jobs.byId(job.id)).toEqual(job)
    },
  )

  it('takes the intermediate of a failed job after a confirmation; no retry brings it back', async () => {
    const job = await withInstance('error', 'i-failed0001')

    const asked = await ask('operator', 'release i-failed0001', { confirmed: false })
    const standing = await store.jobs.byId(job.id)
    const released = await ask('operator', 'release i-failed0001')
    const retry = await ask('operator', `retry ${job.name}`)

    expect(asked).toMatchObject({ outcome: 'refused', code: 'confirm' })
    expect(standing).toEqual(job)
    expect(released).toMatchObject({ outcome: 'accepted', code: 'releasing' })
    expect(await store.ledger.byCloudId('i-failed0001')).toMatchObject({ releaseAskedBy: 'operator' })
    expect(retry).toMatchObject({ outcome: 'refused', code: 'intermediate-released' })
    expect(retry.title).toContain('create another migration job')
    expect(retry.actions ?? []).not.toContainEqual(expect.objectContaining({ label: 'retry' }))
  })
})
