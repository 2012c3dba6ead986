/** After downtime: what was missed is recorded, and each job is caught up once, spread over time (S2). */
import { formatDuration } from '../domain/duration.ts'
import { LATE_MS, missedRuns, spreadMs } from '../domain/schedule.ts'
import type { Parts } from './parts.ts'
import { ENGINE } from './work.ts'

/** Jobs per statement: with all that they missed it stays far from the limit on a statement's time. */
const BATCH = 250

/**
 * Gives every job whose sync is late a new due time: at once for a few, at random within minutes for many. How many
 * times each has missed is recorded. A job that is put right is not late any more, so a crash half-way is continued
 * by the next tick, and nothing is recorded twice.
 */
export async function catchUp({ store, random, log }: Parts): Promise<void> {
  let withinMs: number | undefined
  let jobs = 0
  let missed = 0
  for (;;) {
    const late = await store.jobs.late(LATE_MS, BATCH)
    if (late.jobs.length === 0) break
    // As the first look found them: it spreads all of them alike.
    withinMs ??= spreadMs(late.all)
    const spread = withinMs
    const put = late.jobs.map(({ job, lateMs }) => ({
      job,
      missed: missedRuns(lateMs, job.intervalMs),
      inMs: Math.floor(random() * spread),
    }))
    const changed = await store.jobs.catchUp(put, {
      actor: ENGINE,
      action: 'sync.late',
      outcome: 'caught up once',
    })
    // Another replica was first; what it may have left is found by the next tick.
    if (changed === 0) break
    jobs += changed
    missed += put.reduce((sum, one) => sum + one.missed, 0)
  }
  if (withinMs === undefined || jobs === 0) return
  log.warn('syncs could not start when they were due', { jobs, missed, withinMs })
  if (missed === 0 && withinMs === 0) return
  await store.outbox.add({
    severity: 'warning',
    title: `Nothing could start ${jobs === 1 ? 'a sync that was' : `${jobs} syncs that were`} due: each job is caught up once${withinMs === 0 ? ', now' : `, spread over ${formatDuration(withinMs)}`}`,
    facts: { Missed: `${missed} due times passed; \`history\` shows them as missed` },
  })
}
