import type { Forecast } from '../domain/forecast.ts'
import { forecastSync } from '../domain/forecast.ts'
import type { Job, Sync } from '../domain/job.ts'
import type { Parts } from './parts.ts'
import type { JobWork } from './work.ts'

/** How many former syncs a forecast may look at, missed and cancelled ones included. */
const HISTORY = 20

/** Stores with a sync that begins how long it will take, so that it can be held against what it took. Repeatable. */
export async function foretell({ parts, job }: JobWork, sync: Sync): Promise<void> {
  if (sync.forecast !== null) return
  await parts.store.syncs.setForecast(sync.id, await forecastOf(parts, job, sync.kind, sync.number))
}

/** What a sync of this kind that begins now will take, from those before number `before`. */
export async function forecastOf(
  { store, clock }: Pick<Parts, 'store' | 'clock'>,
  job: Job,
  kind: Sync['kind'],
  before = Infinity,
): Promise<Forecast> {
  const [disks, history] = await Promise.all([store.jobs.disks(job.id), store.syncs.list(job.id, HISTORY)])
  return forecastSync({
    kind,
    totalBytes: disks.reduce((sum, disk) => sum + disk.sizeBytes, 0),
    history: history.filter(({ number }) => number < before),
    bytesPerSecond: job.bytesPerSecond,
    now: clock.now(),
  })
}
