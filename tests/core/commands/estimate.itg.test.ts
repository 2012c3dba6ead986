import { describe, expect, it } from 'vitest'
import type { Job } from '../../../core/domain/job.ts'
import { openCommands } from '../../support/commands.ts'
import { jobIn } from '../../support/job-in-state.ts'

const { store, ask } = await openCommands()

type Report = Parameters<typeof store.tasks.reported>[2]
const QUIET: Report = {
  ...{ status: 'working', progress: { doneBytes: 0, totalBytes: 0, note: '' } },
  ...{ result: undefined, fault: null },
}

/** What the agent would report of the job's newest estimate. */
async function report(job: Job, more: Partial<Report>): Promise<void> {
  const task = await store.tasks.latest(job.sourceId, 'estimate')
  await store.tasks.reported(task?.id ?? '', job.sourceId, { ...QUIET, ...more })
}

describe('estimate', () => {
  it('shows the one that runs to whoever asks again, with how far it is', async () => {
    const job = await jobIn(store, 'waiting')

    const first = await ask('viewer', `estimate ${job.name}`)
    await report(job, {
      progress: { doneBytes: 3 * 2 ** 20, totalBytes: 4 * 2 ** 20, note: '1.5 MiB changed so far' },
    })
    const second = await ask('operator', `sync ${job.name} --estimate`)

    expect(first).toMatchObject({ outcome: 'accepted', code: 'estimating' })
    expect(second.data?.['task']).toBe(first.data?.['task'])
    expect(second.facts['Compared']).toBe('3 MiB of 4 MiB (75 %), 1.5 MiB changed so far')
    expect(second.facts['Asked by']).toMatch(/^viewer, /)
    expect(await store.jobs.byId(job.id)).toEqual(job)
  })

  it.each(['ready', 'preparing', 'syncing', 'error', 'completed'] as const)(
    'is refused while a job is %s',
    async (state) => {
      const job = await jobIn(store, state)

      const reply = await ask('operator', `estimate ${job.name}`)

      expect(reply).toMatchObject({ outcome: 'refused', code: 'not-legal-now', data: { state } })
      expect(reply.title).toContain('It is possible in Waiting or Paused.')
      expect(await store.tasks.open(job.sourceId)).toEqual([])
    },
  )

  it('says that a sync has taken its place, and counts anew after it', async () => {
    const job = await jobIn(store, 'paused')
    await ask('operator', `estimate ${job.name}`)
    await report(job, { status: 'failed', fault: { code: 'SOURCE_BUSY', detail: 'a sync reads the disks' } })

    const cancelled = await ask('operator', `estimate ${job.name}`)
    const anew = await ask('operator', `estimate ${job.name} --again`)

    expect(cancelled).toMatchObject({ outcome: 'refused', code: 'estimate-cancelled' })
    expect(anew.code).toBe('estimating')
  })

  it('says why there is no answer, in the words of the catalogue', async () => {
    const job = await jobIn(store, 'waiting')
    await ask('operator', `estimate ${job.name}`)
    await report(job, {
      status: 'failed',
      fault: { code: 'SOURCE_DISK_READ', detail: 'disk 0, block 17: EIO' },
    })

    const reply = await ask('operator', `estimate ${job.name}`)

    expect(reply).toMatchObject({ outcome: 'refused', code: 'estimate-failed' })
    expect(reply.facts['What happened']).toBe('disk 0, block 17: EIO')
    expect(reply.facts['What to do']).toContain(`\`estimate ${job.name} --again\``)
  })

  it('reads no name but a job’s, and nothing else', async () => {
    const job = await jobIn(store, 'waiting')

    expect((await ask('viewer', 'estimate')).code).toBe('missing-argument')
    expect((await ask('viewer', 'estimate Web_01!')).code).toBe('bad-argument')
    expect((await ask('viewer', 'estimate nobody-01')).code).toBe('no-such-job')
    expect((await ask('viewer', `estimate ${job.name} again=perhaps`)).code).toBe('bad-argument')
    expect((await ask('viewer', `sync ${job.name} --estimate`)).code).toBe('not-allowed')
  })
})
