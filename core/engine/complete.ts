import { checklist } from '../domain/checklist.ts'
import { isLaunched } from '../domain/launch.ts'
import { letGoOfDestination } from './destination.ts'
import { releaseIntermediate } from './release.ts'
import { swapDisks } from './swap-disks.ts'
import type { JobWork } from './work.ts'

/** Completing: a destination gets its new disks (S17), the intermediate is released, then the job is Completed for good (S12 to S14). */
export async function complete(work: JobWork): Promise<void> {
  if (work.job.target === 'instance') await swapDisks(work)
  await letGoOfDestination(work)
  await releaseIntermediate(work)
  const { store, clock } = work.parts
  const end = clock.now()
  const [source, images, disks, resources, drill] = await Promise.all([
    store.sources.byId(work.job.sourceId),
    store.images.list(work.job.id),
    store.jobs.disks(work.job.id),
    store.ledger.open(work.job.id),
    store.drills.latest(work.job.id),
  ])
  const servers = resources.filter(isLaunched)
  const left = { image: images.at(-1), disks, drill, servers, host: source?.agent?.host }
  await work.tell('completed', (job) => ({
    set: { intermediate: 'released', nextSyncAt: null, pendingIntervalMs: null, resume: null, endedAt: end },
    notices: [
      {
        severity: 'info',
        title: `${job.name} is Completed; its intermediate is released`,
        facts: checklist({ job, ...left }),
      },
    ],
  }))
}
