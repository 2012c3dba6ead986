import { CHECKLIST } from '../domain/checklist.ts'
import { letGoOfDestination } from './destination.ts'
import { releaseIntermediate } from './release.ts'
import { swapDisks } from './swap-disks.ts'
import type { JobWork } from './work.ts'

/** Completing: a destination gets its new disks (S17), the intermediate is released, then the job is Completed for good (S12 to S14). */
export async function complete(work: JobWork): Promise<void> {
  if (work.job.target === 'instance') await swapDisks(work)
  await letGoOfDestination(work)
  await releaseIntermediate(work)
  const end = work.parts.clock.now()
  await work.tell('completed', (job) => ({
    set: { intermediate: 'released', nextSyncAt: null, pendingIntervalMs: null, resume: null, endedAt: end },
    notices: [
      { severity: 'info', title: `${job.name} is Completed; its intermediate is released`, facts: CHECKLIST },
    ],
  }))
}
