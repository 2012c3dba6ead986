import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import type { Sync, SyncKind, SyncProgress } from '../../domain/job.ts'
import type { SyncWork, Syncs } from '../../ports/jobs.ts'
import type { Database } from './connect.ts'
import { json, milliseconds } from './parts.ts'
import { syncs } from './schema/jobs.ts'

type Row = typeof syncs.$inferSelect

function toProgress(row: Row): SyncProgress {
  const { totalBytes, comparedBytes, earlierAppliedBytes } = row
  // A block that an earlier order applied differs no more: what has changed is both together.
  const changedBytes = earlierAppliedBytes + row.changedBytes
  const appliedBytes = earlierAppliedBytes + row.appliedBytes
  const wireBytes = row.earlierWireBytes + row.wireBytes
  const { compareRate, applyRate, limitedBy, imagePercent, comparison, progressAt } = row
  const counters = { totalBytes, comparedBytes, changedBytes, appliedBytes, wireBytes }
  return { ...counters, compareRate, applyRate, limitedBy, imagePercent, comparison, at: progressAt }
}

/** A row as the core knows a sync. */
export function toSync(row: Row): Sync {
  const { id, jobId, number, kind, trigger, askedBy, phase, result, startedAt, endedAt } = row
  const { transferredAt, imageId, tries, orderedAt, transferringMs, interrupted, forecast } = row
  const { servicesStopped, instant, page } = row
  const what = { id, jobId, number, kind, trigger, askedBy, page, phase, result }
  const times = { startedAt, orderedAt, transferredAt, endedAt, transferringMs, interrupted, forecast }
  return { ...what, ...times, imageId, servicesStopped, instant, progress: toProgress(row), tries }
}

const toWork = (row: Row): SyncWork => ({
  epoch: row.orderEpoch,
  agent: {
    status: row.agentStatus,
    reportedAt: row.agentReportedAt,
    movedAt: row.agentMovedAt,
    roots: row.agentRoots,
    fault: row.agentFault,
  },
  receiver: { sealedRoots: row.sealedRoots, fault: row.receiverFault },
  progress: toProgress(row),
})

/** Syncs, as the engine sees them; what agents and receivers report of them is in orders.ts. */
export function openSyncs({ db, ask, run }: Database): Syncs {
  const byId = async (id: string) => (await ask(db.select().from(syncs).where(eq(syncs.id, id))))[0]
  return {
    async running(jobId) {
      const isRunning = and(eq(syncs.jobId, jobId), isNull(syncs.result))
      const [row] = await ask(db.select().from(syncs).where(isRunning))
      return row && toSync(row)
    },

    async byId(id) {
      const row = await byId(id)
      return row && toSync(row)
    },

    async list(jobId, limit = 1000) {
      const ofJob = db.select().from(syncs).where(eq(syncs.jobId, jobId))
      return (await ask(ofJob.orderBy(desc(syncs.number)).limit(limit))).map(toSync)
    },

    async recent(endedMs) {
      const rows = await run(sql`
        select syncs.id, syncs.kind, jobs.name from syncs join jobs on jobs.id = syncs.job_id
        where syncs.result is null
          or (syncs.ended_at > now() - ${milliseconds(endedMs)} and syncs.result <> 'missed')`)
      return rows.map((raw) => ({
        id: raw['id'] as string,
        kind: raw['kind'] as SyncKind,
        job: raw['name'] as string,
      }))
    },

    async setForecast(id, forecast) {
      await run(
        sql`update syncs set forecast = ${json(forecast)} where id = ${id} and result is null and forecast is null`,
      )
    },

    async setPhase(id, phase) {
      await run(sql`update syncs set phase = ${phase} where id = ${id} and result is null`)
    },

    // Only upwards: after a restart of the engine the cloud is asked again and may answer with an older figure.
    async setImagePercent(id, percent) {
      await run(sql`
        update syncs set image_percent = ${Math.floor(percent)}, progress_at = now()
        where id = ${id} and result is null and image_percent < ${Math.floor(percent)}`)
    },

    async order(id, epoch) {
      // A repetition under the same epoch keeps what was reported; another epoch begins a new order from nothing.
      await run(sql`
        update syncs
        set order_epoch = ${epoch}, ordered_at = coalesce(ordered_at, now()), tries = tries + 1, phase = 'comparing',
          earlier_applied_bytes = earlier_applied_bytes + applied_bytes,
          earlier_wire_bytes = earlier_wire_bytes + wire_bytes,
          compared_bytes = 0, changed_bytes = 0, applied_bytes = 0, wire_bytes = 0,
          agent_status = 'silent', agent_reported_at = null, agent_moved_at = null, agent_roots = null,
          agent_fault = null, sealed_roots = null, receiver_fault = null, compare_rate = 0, apply_rate = 0
        where id = ${id} and result is null and order_epoch is distinct from ${epoch}
          and exists (select from jobs where jobs.id = syncs.job_id and jobs.epoch = ${epoch})`)
    },

    async withdraw(id) {
      await run(sql`update syncs set order_epoch = null where id = ${id} and order_epoch is not null`)
    },

    async work(id) {
      const row = await byId(id)
      return row && toWork(row)
    },

    async setTransferred(id, roots) {
      await run(sql`
        update syncs set roots = ${json(roots)}, transferred_at = coalesce(transferred_at, now())
        where id = ${id} and result is null`)
    },

    async restart(id) {
      await run(sql`
        update syncs set transferred_at = null, roots = null, order_epoch = null, agent_status = 'silent',
          agent_reported_at = null, agent_moved_at = null, agent_roots = null, agent_fault = null,
          sealed_roots = null, receiver_fault = null, image_percent = 0, phase = 'comparing',
          earlier_applied_bytes = 0, applied_bytes = 0, changed_bytes = 0
        where id = ${id} and result is null`)
    },

    async roots(id) {
      return (await byId(id))?.roots ?? undefined
    },
  }
}
