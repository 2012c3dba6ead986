import type { Job } from '../domain/job.ts'
import type { Context } from './define.ts'

/** When an automatic sync is due, counted from the end of the last one (S2); never in the past. */
export async function nextDue({ store, clock }: Context, job: Job): Promise<Date> {
  const [last] = (await store.syncs.list(job.id, 10)).filter((sync) => sync.result === 'ok')
  const now = clock.now()
  const due = (last?.endedAt ?? now).getTime() + job.intervalMs
  return new Date(Math.max(due, now.getTime()))
}
