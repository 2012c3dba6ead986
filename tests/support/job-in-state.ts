import type { Job, State } from '../../core/domain/job.ts'
import type { JobChange, NewJob } from '../../core/ports/jobs.ts'
import type { Store } from '../../core/ports/store.ts'
import { aNewJob, anEntry } from './a-job.ts'

const FAULT = { code: 'RECEIVER_UNREACHABLE', detail: 'no answer', at: new Date(0), tries: 0 }

/** How each state is reached, and what the engine or a person would have written with it. */
const WAYS: Record<State, { readonly from: State | null; readonly change: Omit<JobChange, 'audit'> }> = {
  ready: { from: null, change: {} },
  preparing: {
    from: 'ready',
    change: {
      set: { intermediate: 'creating' },
      startSync: { kind: 'full', trigger: 'manual', askedBy: 'ada' },
    },
  },
  syncing: { from: 'preparing', change: { set: { intermediate: 'ready' } } },
  waiting: { from: 'syncing', change: { set: { nextSyncAt: null }, endSync: { result: 'ok' } } },
  pausing: { from: 'syncing', change: { set: { resume: 'syncing' } } },
  paused: { from: 'pausing', change: {} },
  error: { from: 'syncing', change: { set: { resume: 'syncing', fault: FAULT } } },
  drilling: { from: 'ready', change: { set: { resume: 'ready' } } },
  'drill-exception': { from: 'drilling', change: {} },
  completing: { from: 'waiting', change: { set: { completing: true } } },
  completed: { from: 'completing', change: { set: { intermediate: 'released', endedAt: new Date(0) } } },
  cancelling: { from: 'waiting', change: {} },
  cancelled: { from: 'cancelling', change: { set: { intermediate: 'released', endedAt: new Date(0) } } },
  clearing: { from: 'paused', change: { set: { resume: null } } },
  cleared: {
    from: 'clearing',
    change: { set: { intermediate: 'released' }, endSync: { result: 'cancelled' } },
  },
}

/** A job of a source of its own, in any state, with the sync that goes with it; nothing of the engine runs. */
export async function jobIn(store: Store, state: State, settings: Partial<NewJob> = {}): Promise<Job> {
  const { from, change } = WAYS[state]
  if (from === null) {
    const made = await store.jobs.create(await aNewJob(store, settings), anEntry('create'))
    if (made === undefined) throw new Error('the job could not be made')
    return made
  }
  const before = await jobIn(store, from, settings)
  const set = { ...change.set, state }
  const after = await store.jobs.change(before, { ...change, set, audit: anEntry(state) })
  if (after === undefined) throw new Error(`the job could not be brought to ${state}`)
  return after
}

/** An image of a job's last sync, as the engine records it. */
export async function anImageOf(store: Store, job: Job, cloudId: string): Promise<void> {
  const [sync] = await store.syncs.list(job.id)
  if (sync === undefined) throw new Error('the job has no sync')
  const image = { cloudId, name: `image ${cloudId}`, roots: ['ab'.repeat(32)], consistency: 'fuzzy' }
  await store.images.record({ jobId: job.id, syncId: sync.id, ...image })
}
