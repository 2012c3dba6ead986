/**
 * Cancelling and Clearing: the agent is stopped, what the running sync was making is taken back, the intermediate is
 * released. Images and their snapshots stay: people may have made servers of them.
 */
import { letGoOfDestination } from './destination.ts'
import { discardImaging } from './make-image.ts'
import { stopAgent } from './pause.ts'
import { releaseIntermediate } from './release.ts'
import type { JobWork } from './work.ts'

export async function cancel(work: JobWork): Promise<void> {
  await undo(work)
  await work.tell('cancelled', (job) => ({
    ...ended(work),
    notices: [{ severity: 'info', title: `${job.name} is Cancelled; its images stay` }],
  }))
}

export async function clear(work: JobWork): Promise<void> {
  await undo(work)
  await work.tell('cleared', () => ended(work))
}

async function undo(work: JobWork): Promise<void> {
  const { store } = work.parts
  const sync = await store.syncs.running(work.job.id)
  if (sync !== undefined) {
    await stopAgent(work, sync)
    const isImaged = (await store.images.list(work.job.id)).some((image) => image.syncId === sync.id)
    if (!isImaged) await discardImaging(work, sync.id)
  }
  await letGoOfDestination(work)
  await releaseIntermediate(work)
}

function ended(work: JobWork): {
  set: { intermediate: 'none' | 'released'; endedAt: Date; resume: null }
  endSync: { result: 'cancelled' }
  endDrill: { result: 'stopped'; items: [] }
} {
  const endedAt = work.job.endedAt ?? work.parts.clock.now()
  return {
    set: { intermediate: work.job.intermediate === 'none' ? 'none' : 'released', endedAt, resume: null },
    endSync: { result: 'cancelled' },
    endDrill: { result: 'stopped', items: [] },
  }
}
