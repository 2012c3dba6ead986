/** Which jobs a due sync may start for, which are late, and the one statement that puts the late ones right. */
import type { SQL } from 'drizzle-orm'
import { sql } from 'drizzle-orm'
import type { AuditEntry, CatchUp } from '../../ports/jobs.ts'
import { json, milliseconds } from './parts.ts'

/** Neither frozen nor about to be completed. */
export const isFree = sql`jobs.frozen is null and exists (select from freeze_all where frozen is null)
  and not exists (select from approvals where approvals.job_id = jobs.id and approvals.command = 'complete'
    and approvals.status in ('open', 'approved') and approvals.expires_at > now())`

/** Jobs with the columns `late_ms` and `late_jobs`, the number of all that are so late. */
export const lateStatement = (lateMs: number, limit: number): SQL => sql`
  select jobs.*, extract(epoch from now() - next_sync_at) * 1000 as late_ms, count(*) over () as late_jobs
  from jobs where state = 'waiting' and next_sync_at <= now() - ${milliseconds(lateMs)} and ${isFree}
  order by next_sync_at, id limit ${limit}`

/**
 * Locks the jobs in the order of their ids, so that two replicas that do the same never wait for each other in a
 * circle; who comes second finds other versions and changes nothing.
 */
export function catchUpStatement(jobs: readonly CatchUp[], audit: AuditEntry): SQL {
  const wanted = jobs.map(({ job, missed, inMs }) => ({
    ...{ id: job.id, version: job.version, epoch: job.epoch },
    ...{ missed, in_s: inMs / 1000 },
  }))
  return sql`
    with wanted as (
      select * from jsonb_to_recordset(${json(wanted)})
        as w (id text, version bigint, epoch bigint, missed int, in_s float8)
    ), held as (
      select job.*, ordered.missed, ordered.in_s
      from (select * from wanted order by id) as ordered
        -- Row by row through the index, whatever the planner thinks of a table that has just grown.
        cross join lateral (
          select jobs.id, jobs.name, jobs.interval_ms, jobs.next_sync_at as due_at from jobs
          where jobs.id = ordered.id and jobs.version = ordered.version and jobs.epoch = ordered.epoch
            and jobs.state = 'waiting' and ${isFree}
          for update of jobs
        ) as job
    ), moved as (
      update jobs set version = version + 1, deferral = null,
        next_sync_at = now() + make_interval(secs => held.in_s)
      from held where jobs.id = held.id
      returning held.*
    ), missed as (
      insert into syncs (job_id, number, kind, trigger, asked_by, result, started_at, ended_at)
      select moved.id, coalesce(last.number, 0) + run, 'incremental', 'schedule', 'schedule', 'missed',
        moved.due_at + (run - 1) * moved.interval_ms * interval '1 ms', now()
      from moved
        cross join lateral (select max(number) as number from syncs where job_id = moved.id) as last
        cross join lateral generate_series(1, moved.missed) as run
      returning id
    ), voided as (
      update approvals set status = 'void', ended_at = now()
      from moved cross join (select count(*) from missed) as after_missed
      where approvals.job_id = moved.id and approvals.status in ('open', 'approved')
      returning approvals.number
    )
    insert into audit (job_id, job, person, door, action, outcome, facts)
    select moved.id, moved.name, ${audit.actor.person}, ${audit.actor.door}, ${audit.action}, ${audit.outcome},
      ${json(audit.facts ?? {})} || jsonb_build_object('missed', moved.missed)
    from moved cross join (select count(*) from missed) as after_missed
      cross join (select count(*) from voided) as after_voided
    returning seq`
}
