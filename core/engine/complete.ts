import { releaseIntermediate } from './release.ts'
import type { JobWork } from './work.ts'

/** What is left to do once the copy is in the cloud (S18). */
const CHECKLIST = {
  'Check the data': 'verify the newest image, start an instance of it, look at what matters',
  'Start services': 'those that do not start by themselves at boot',
  'Switch addresses':
    'the IP address has changed: update DNS (and the ICP filing), or keep the private address',
} as const

/** Completing: the intermediate is released, then the job is Completed for good (S12 to S14). */
export async function complete(work: JobWork): Promise<void> {
  await releaseIntermediate(work)
  const end = work.parts.clock.now()
  await work.tell('completed', (job) => ({
    set: { intermediate: 'released', nextSyncAt: null, pendingIntervalMs: null, resume: null, endedAt: end },
    notices: [
      { severity: 'info', title: `${job.name} is Completed; its intermediate is released`, facts: CHECKLIST },
    ],
  }))
}
