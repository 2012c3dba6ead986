import { describe, expect, it } from 'vitest'
import type { Job } from '../../../core/domain/job.ts'
import type { Parts } from '../../../core/engine/parts.ts'
import { sweep } from '../../../core/engine/sweep.ts'
import type { TaggedResource } from '../../../core/ports/cloud.ts'
import type { Resource } from '../../../core/ports/store.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const minutesAgo = (minutes: number): Date => new Date(NOW.getTime() - minutes * 60_000)

const entry = (key: string, more: Partial<Resource>): Resource => ({
  key,
  ...{ jobId: 'job', syncId: null, kind: 'snapshot', purpose: 'test', cloudId: `s-${key}`, request: {} },
  address: null,
  ...{ intendedAt: NOW, releasedAt: null, releaseAskedBy: null, outlivesJob: false, price: null },
  ...more,
})
const found = (key: string, more: Partial<TaggedResource> = {}): TaggedResource => ({
  kind: 'snapshot',
  id: `s-${key}`,
  tags: { 'ferry:managed': 'true', 'ferry:installation': 'here', 'ferry:key': key, 'ferry:job': 'job' },
  ...more,
})

/** Sweeps a cloud that holds `there`, with a ledger of `entries`; returns what was deleted, and what was told. */
async function swept(
  there: readonly TaggedResource[],
  entries: readonly Resource[],
  job: Partial<Job> = { state: 'waiting' },
): Promise<{ deleted: string[]; told: string[] }> {
  const deleted: string[] = []
  const told: string[] = []
  const remove = async (id: string): Promise<void> => void deleted.push(id)
  const parts = {
    cloud: { deleteImage: remove, deleteSnapshot: remove, deleteInstance: remove, deleteDisk: remove },
    store: {
      ledger: {
        byKey: async (key: string) => entries.find((each) => each.key === key),
        byCloudId: async (id: string) => entries.find(({ cloudId }) => cloudId === id),
      },
      jobs: { byId: async (id: string) => (id === 'job' ? job : undefined) },
      outbox: { add: async ({ title }: { title: string }) => void told.push(title) },
      firstSeen: async () => true,
    },
    clock: { now: () => NOW },
    log: { warn: () => undefined },
    settings: { installation: 'here', timings: { leavingMs: 300_000 } },
  }
  await sweep(parts as unknown as Parts, there)
  return { deleted, told }
}

const deletedOf = async (...args: Parameters<typeof swept>): Promise<string[]> =>
  (await swept(...args)).deleted

describe('the sweep', () => {
  it('S22: deletes what was released long ago and is there all the same', async () => {
    const entries = [entry('old', { releasedAt: minutesAgo(6) }), entry('new', { releasedAt: minutesAgo(4) })]

    expect(await deletedOf([found('old'), found('new')], entries)).toEqual(['s-old'])
  })

  it('S22: deletes a second thing under a key whose first one is recorded', async () => {
    const there = [found('twice'), found('twice', { id: 's-second' })]

    expect(await deletedOf(there, [entry('twice', {})])).toEqual(['s-second'])
  })

  it('S22: deletes a disk that its instance left behind, and none that is attached or has become a carrier', async () => {
    const there = [
      found('vm', { kind: 'disk', id: 'd-left' }),
      found('vm', { kind: 'disk', id: 'd-attached', instanceId: 'i-other' }),
      found('vm', { kind: 'disk', id: 'd-carrier' }),
    ]
    const entries = [
      entry('vm', { kind: 'instance', cloudId: 'i-vm', releasedAt: minutesAgo(60) }),
      entry('carrier', { kind: 'disk', cloudId: 'd-carrier' }),
    ]

    expect(await deletedOf(there, entries)).toEqual(['d-left'])
  })

  it('deletes images before their snapshots', async () => {
    const released = { releasedAt: minutesAgo(60) }
    const there = [found('one'), found('two', { kind: 'image', id: 'm-two' })]
    const entries = [entry('one', released), entry('two', { ...released, kind: 'image', cloudId: 'm-two' })]

    expect(await deletedOf(there, entries)).toEqual(['m-two', 's-one'])
  })

  it('S22: leaves alone what is being made, and what has not all of our tags', async () => {
    const gone = { releasedAt: minutesAgo(60) }
    const { tags } = found('gone')
    const { 'ferry:installation': here, ...unnamed } = tags
    const there = [
      found('making', { id: 's-making-now' }),
      found('gone', { id: 's-foreign', tags: { ...tags, 'ferry:installation': `not ${String(here)}` } }),
      found('gone', { id: 's-unnamed', tags: unnamed }),
      found('gone', { id: 's-bare', tags: {} }),
      found('gone', { id: 's-unmanaged', tags: { ...tags, 'ferry:managed': '' } }),
    ]

    expect(await deletedOf(there, [entry('making', { cloudId: null }), entry('gone', gone)])).toEqual([])
  })

  it('of what the ledger has never heard of deletes what ran for an ended job, and tells of the rest', async () => {
    const there = [
      found('lost', { kind: 'instance', id: 'i-lost' }),
      found('image', { kind: 'image', id: 'm-lost' }),
    ]

    const ended = await swept(there, [], { state: 'completed', endedAt: minutesAgo(6) })
    const living = await swept(there, [])

    expect(ended.deleted).toEqual(['i-lost'])
    expect(ended.told).toEqual([
      'The image m-lost was made by this installation, but its ledger does not know it: was the database set back?',
    ])
    expect(living).toMatchObject({ deleted: [], told: { length: 2 } })
  })
})
