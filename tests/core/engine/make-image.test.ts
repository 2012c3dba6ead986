import { describe, expect, it } from 'vitest'
import { discardImaging } from '../../../core/engine/make-image.ts'
import type { JobWork } from '../../../core/engine/work.ts'

/** A ledger and a cloud with one snapshot each, of which only the given facts are known. */
function imagingCutShort(known: { readonly cloudId: string | null; readonly tagged: readonly string[] }) {
  const deleted: string[] = []
  const released: string[] = []
  const entry = { key: 'sync-1/snapshot/0', kind: 'snapshot', syncId: 'sync-1', cloudId: known.cloudId }
  const parts = {
    store: {
      ledger: {
        open: async () => [entry],
        released: async (key: string) => void released.push(key),
      },
    },
    cloud: {
      snapshotsTagged: async () => known.tagged.map((id) => ({ id })),
      deleteSnapshot: async (id: string) => void deleted.push(id),
    },
  }
  return { work: { parts, job: { id: 'job-1' } } as unknown as JobWork, deleted, released }
}

describe('an image that is given up', () => {
  it('takes its snapshots along', async () => {
    const { work, deleted, released } = imagingCutShort({ cloudId: 's-1', tagged: [] })

    await discardImaging(work, 'sync-1')

    expect(deleted).toEqual(['s-1'])
    expect(released).toEqual(['sync-1/snapshot/0'])
  })

  it('S22: takes along a snapshot whose id was never written down', async () => {
    const { work, deleted } = imagingCutShort({ cloudId: null, tagged: ['s-2'] })

    await discardImaging(work, 'sync-1')

    expect(deleted).toEqual(['s-2'])
  })

  it('has nothing to delete when the cloud was never asked', async () => {
    const { work, deleted, released } = imagingCutShort({ cloudId: null, tagged: [] })

    await discardImaging(work, 'sync-1')

    expect(deleted).toEqual([])
    expect(released).toEqual(['sync-1/snapshot/0'])
  })
})
