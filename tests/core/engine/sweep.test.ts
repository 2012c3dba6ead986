import { describe, expect, it } from 'vitest'
import type { Parts } from '../../../core/engine/parts.ts'
import { sweep } from '../../../core/engine/sweep.ts'
import type { TaggedResource } from '../../../core/ports/cloud.ts'
import type { Resource } from '../../../core/ports/store.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const minutesAgo = (minutes: number): Date => new Date(NOW.getTime() - minutes * 60_000)

const entry = (key: string, more: Partial<Resource>): Resource => ({
  key,
  ...{ jobId: 'job', syncId: null, kind: 'snapshot', purpose: 'test', cloudId: `s-${key}`, request: {} },
  ...{ intendedAt: NOW, releasedAt: null, releaseAskedBy: null },
  ...more,
})
const found = (key: string, more: Partial<TaggedResource> = {}): TaggedResource => ({
  kind: 'snapshot',
  id: `s-${key}`,
  tags: { 'ferry:key': key },
  ...more,
})

/** Sweeps a cloud that holds `there`, with a ledger of `entries`; returns what was deleted. */
async function swept(there: readonly TaggedResource[], entries: readonly Resource[]): Promise<string[]> {
  const deleted: string[] = []
  const remove = async (id: string): Promise<void> => void deleted.push(id)
  const cloud = { inventory: async () => there, deleteImage: remove, deleteSnapshot: remove }
  const parts = {
    cloud: { ...cloud, deleteInstance: remove },
    store: { ledger: { byKey: async (key: string) => entries.find((each) => each.key === key) } },
    clock: { now: () => NOW },
    log: { warn: () => undefined },
  }
  await sweep(parts as unknown as Parts)
  return deleted
}

describe('the sweep', () => {
  it('deletes what was released long ago and is there all the same', async () => {
    const entries = [
      entry('old', { releasedAt: minutesAgo(11) }),
      entry('new', { releasedAt: minutesAgo(9) }),
    ]

    expect(await swept([found('old'), found('new')], entries)).toEqual(['s-old'])
  })

  it('deletes a second thing under a key whose first one is recorded', async () => {
    const there = [found('twice'), found('twice', { id: 's-second' })]

    expect(await swept(there, [entry('twice', {})])).toEqual(['s-second'])
  })

  it('leaves alone what is being made, what other installations have, and disks', async () => {
    const there = [found('making'), found('foreign'), found('vm', { kind: 'disk' }), found('', { tags: {} })]
    const entries = [
      entry('making', { cloudId: null }),
      entry('vm', { kind: 'instance', releasedAt: minutesAgo(60) }),
    ]

    expect(await swept(there, entries)).toEqual([])
  })
})
