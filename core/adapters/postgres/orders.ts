import type { SQL } from 'drizzle-orm'
import { and, asc, desc, eq, isNotNull, isNull, notInArray, sql } from 'drizzle-orm'
import type { Orders } from '../../ports/machines.ts'
import type { Bell } from './bell.ts'
import type { Database } from './connect.ts'
import { toIntermediate } from './intermediates.ts'
import { toJob } from './jobs.ts'
import { json } from './parts.ts'
import { without } from './rows.ts'
import { jobDisks, jobs, syncs } from './schema/jobs.ts'
import { intermediates } from './schema/resources.ts'
import { toSync } from './syncs.ts'

type AgentReport = Parameters<Orders['agentReported']>[2]

const FINISHED = ['done', 'stopped', 'failed'] as const

/** Rates forget what is older than about this many seconds. */
const RATE_MEMORY_S = 5

/** Orders to agents, and what agents and receivers report of them. */
export function openOrders({ db, ask, run }: Database, bell: Bell): Orders {
  return {
    async forSource(sourceId) {
      const isReceiving = and(
        eq(intermediates.jobId, jobs.id),
        eq(intermediates.mode, 'receive'),
        isNull(intermediates.endedAt),
      )
      const inForce = and(
        eq(jobs.sourceId, sourceId),
        eq(jobs.state, 'syncing'),
        isNull(syncs.result),
        isNotNull(syncs.orderEpoch),
        notInArray(syncs.agentStatus, [...FINISHED]),
      )
      const found = db
        .select()
        .from(syncs)
        .innerJoin(jobs, eq(jobs.id, syncs.jobId))
        .innerJoin(intermediates, isReceiving)
        .where(inForce)
      const [row] = await ask(found.orderBy(desc(intermediates.createdAt)).limit(1))
      if (row === undefined || row.syncs.orderEpoch === null) return undefined
      const ofJob = db.select().from(jobDisks).where(eq(jobDisks.jobId, row.jobs.id))
      const disks = await ask(ofJob.orderBy(asc(jobDisks.index)))
      return {
        job: toJob(row.jobs),
        sync: toSync(row.syncs),
        epoch: row.syncs.orderEpoch,
        disks: disks.map((disk) => without(disk, 'jobId')),
        intermediate: toIntermediate(row.intermediates),
      }
    },

    agentReported: async (syncId, epoch, report) => {
      const reply = await store(syncId, epoch, agentStatement(report))
      // An order that was taken back is no longer in force, but whoever took it back waits for its end. The agent may
      // be the first of the two: it stops when the job has left Syncing, perhaps before the order was withdrawn.
      if (!reply.inForce && report.status !== 'working')
        await run(sql`update syncs set agent_status = 'stopped', agent_reported_at = now()
          where id = ${syncId} and result is null and agent_status = 'working'
            and (order_epoch is null or order_epoch = ${epoch})`)
      return reply
    },

    async receiverReported(syncId, epoch, { roots, fault }) {
      return store(
        syncId,
        epoch,
        sql`update syncs as s
          set sealed_roots = coalesce(${nullable(roots)}, sealed_roots),
            receiver_fault = coalesce(${nullable(fault)}, receiver_fault)
          from in_force where s.id = in_force.id and s.order_epoch = in_force.epoch
            and ${roots !== null || fault !== null}::boolean`,
      )
    },

    wait: (sourceId, ms, signal) => bell.wait('orders', sourceId, ms, signal),
  }

  /** Runs `update`, which reads `in_force`: one row if the order is in force, none otherwise. */
  async function store(syncId: string, epoch: number, update: SQL): Promise<{ readonly inForce: boolean }> {
    const rows = await run(sql`
      with in_force as (
        select syncs.id, syncs.order_epoch as epoch from syncs join jobs on jobs.id = syncs.job_id
        where syncs.id = ${syncId} and syncs.order_epoch = ${epoch} and syncs.result is null
          and jobs.state = 'syncing'
      ), stored as (${update} returning s.id)
      select id from in_force`)
    return { inForce: rows.length === 1 }
  }
}

const nullable = (value: unknown): SQL => (value === null ? sql`null::jsonb` : json(value))

/**
 * Within an order counters only grow, so a report that comes late or twice takes nothing back, and nothing follows
 * the report that ended it. The first report of an order stands for itself: its counters begin again and it counts
 * as movement, so that standing still is measured from there.
 */
function agentStatement(report: AgentReport): SQL {
  const first = sql`s.agent_reported_at is null`
  const grown = (column: string, value: number) => {
    const old = sql`s.${sql.identifier(column)}`
    return sql`case when ${first} then ${value}::bigint else greatest(${old}, ${value}::bigint) end`
  }
  const counters = {
    total_bytes: report.totalBytes,
    compared_bytes: report.comparedBytes,
    changed_bytes: report.changedBytes,
    applied_bytes: report.appliedBytes,
    wire_bytes: report.wireBytes,
  }
  const moving = Object.entries(counters).filter(([column]) => column !== 'total_bytes')
  const moved = moving.map(([column, value]) => sql`s.${sql.identifier(column)} < ${value}::bigint`)
  const rate = (name: string, column: string, value: number) => {
    const was = sql`s.${sql.identifier(name)}`
    const gained = sql`greatest(${value}::bigint - s.${sql.identifier(column)}, 0)`
    return sql`case when ${first} or ${report.status !== 'working'}::boolean then 0
      else ${was} + weight * (${gained} / seconds - ${was}) end`
  }
  // Since the last report the disk was not what bounded it: something else was, or all had been read before.
  const isHeldUp = sql`(${report.limitedBy}::text <> 'disk' or (s.total_bytes > 0 and s.compared_bytes >= s.total_bytes))`
  const sets = Object.entries(counters).map(
    ([column, value]) => sql`${sql.identifier(column)} = ${grown(column, value)}`,
  )
  return sql`
    update syncs as s set ${sql.join(sets, sql`, `)},
      compare_rate = ${rate('compare_rate', 'compared_bytes', report.comparedBytes)},
      apply_rate = ${rate('apply_rate', 'applied_bytes', report.appliedBytes)},
      transferring_ms = s.transferring_ms + case when ${first} or not ${isHeldUp} then 0
        else (seconds * 1000)::bigint end,
      limited_by = ${report.limitedBy}, comparison = ${report.comparison}, progress_at = now(),
      phase = case when s.phase = 'imaging' then s.phase else ${report.phase} end,
      agent_status = ${report.status}, agent_reported_at = now(),
      agent_moved_at = case when ${first} or ${sql.join(moved, sql` or `)} then now() else s.agent_moved_at end,
      instant = ${nullable(report.instant)},
      agent_roots = ${nullable(report.roots)}, agent_fault = ${nullable(report.fault)}
    from in_force
      join lateral (
        select greatest(extract(epoch from now() - p.agent_reported_at)::float8, 0.001) as seconds
        from syncs as p where p.id = in_force.id
      ) as since on true
      join lateral (select 1 - exp(-since.seconds / ${RATE_MEMORY_S}::float8) as weight) as w on true
    where s.id = in_force.id and s.order_epoch = in_force.epoch
      and s.agent_status not in ('done', 'stopped', 'failed')`
}
