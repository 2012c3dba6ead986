import { forecastSync } from '../domain/forecast.ts'
import type { Sync } from '../domain/job.ts'
import type { JobWork } from './work.ts'

/** How many former syncs a forecast may look at, missed and cancelled ones included. */
const HISTORY = 20

/** Stores with a sync that begins how long it will take, so that it can be held against what it took. Repeatable. */
export async function foretell({ parts, job }: JobWork, sync: Sync): Promise<void> {
  if (sync.forecast !== null) return
  const { store, clock } = parts
  const [disks, history] = await Promise.all([store.jobs.disks(job.id), store.syncs.list(job.id, HISTORY)])
  await store.syncs.setForecast(
    sync.id,
    forecastSync({
      kind: sync.kind,
      totalBytes: disks.reduce((sum, disk) => sum + disk.sizeBytes, 0),
      history: history.filter(({ number }) => number < sync.number),
      bytesPerSecond: job.bytesPerSecond,
      now: clock.now(),
    }),
  )
}
