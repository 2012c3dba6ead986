import { and, asc, desc, eq, lte, ne, notInArray, sql } from 'drizzle-orm'
import { HOLD_MS } from '../../domain/instant.ts'
import type { Job, JobDisk, JobFault } from '../../domain/job.ts'
import { ENDED } from '../../domain/life.ts'
import type { AuditEntry, Jobs, NewJob } from '../../ports/jobs.ts'
import type { Notice } from '../../ports/notices.ts'
import type { Database, Raw } from './connect.ts'
import { catchUpStatement, isFree, lateStatement } from './due.ts'
import { changeStatement } from './job-change.ts'
import { auditInto, json, milliseconds, noticesInto, timestamp } from './parts.ts'
import { asRow, without } from './rows.ts'
import type { Stored } from './schema/jobs.ts'
import { jobDisks, jobs } from './schema/jobs.ts'

function toFault({ at, course, ended, ...what }: Stored<JobFault>): JobFault {
  const attempts = course?.attempts.map((attempt) => ({ ...attempt, at: new Date(attempt.at) })) ?? []
  const againAt = course?.againAt == null ? null : new Date(course.againAt)
  return {
    ...{ ...what, at: new Date(at) },
    ...(course === undefined ? {} : { course: { ...course, attempts, againAt } }),
    ...(ended === undefined ? {} : { ended: { ...ended, at: new Date(ended.at) } }),
  }
}

/** A row as the core knows a job; what is only the claim's stays here. */
export function toJob(row: typeof jobs.$inferSelect): Job {
  const job = without(row, 'owner', 'leaseUntil', 'dueAt', 'tries', 'costToldAt')
  const { fault, frozen, lock } = row
  return {
    ...job,
    fault: fault && toFault(fault),
    frozen: frozen && { ...frozen, at: new Date(frozen.at) },
    lock: lock && { ...lock, at: new Date(lock.at), until: new Date(lock.until) },
  }
}

const fromRaw = (raw: Raw): Job => toJob(asRow(jobs, raw))

/** Jobs, and the one statement by which they change. */
export function openJobs({ db, ask, run }: Database): Jobs {
  const first = async (query: PromiseLike<(typeof jobs.$inferSelect)[]>) => {
    const [row] = await ask(query)
    return row && toJob(row)
  }
  return {
    async create(job, audit, notices = []) {
      const [row] = await run(createStatement(job, audit, notices))
      return row && fromRaw(row)
    },

    named: (name) =>
      first(
        db
          .select()
          .from(jobs)
          .where(eq(jobs.name, name))
          .orderBy(sql`${jobs.state} = 'cleared'`, desc(jobs.createdAt))
          .limit(1),
      ),

    byId: (id) => first(db.select().from(jobs).where(eq(jobs.id, id))),

    async list({ all = false } = {}) {
      const wanted = all ? undefined : ne(jobs.state, 'cleared')
      const rows = await ask(
        db.select().from(jobs).where(wanted).orderBy(asc(jobs.name), asc(jobs.createdAt)),
      )
      return rows.map(toJob)
    },

    openOfSource: (sourceId) =>
      first(
        db
          .select()
          .from(jobs)
          .where(and(eq(jobs.sourceId, sourceId), notInArray(jobs.state, [...ENDED])))
          // A job that lost its intermediate may stand beside its clone; the clone is the one that lives.
          .orderBy(sql`${jobs.intermediate} = 'lost'`, desc(jobs.createdAt))
          .limit(1),
      ),

    async disks(jobId) {
      const rows = await ask(
        db.select().from(jobDisks).where(eq(jobDisks.jobId, jobId)).orderBy(asc(jobDisks.index)),
      )
      return rows.map((row): JobDisk => without(row, 'jobId'))
    },

    async change(job, change) {
      const [row] = await run(changeStatement(job, change))
      return row && fromRaw(row)
    },

    async noteFault(jobId, epoch, fault) {
      await run(sql`update jobs set fault = ${json(fault)} where id = ${jobId} and epoch = ${epoch}`)
    },

    async due(limit) {
      const isDue = and(eq(jobs.state, 'waiting'), lte(jobs.nextSyncAt, sql`now()`), isFree)
      const rows = await ask(db.select().from(jobs).where(isDue).orderBy(asc(jobs.nextSyncAt)).limit(limit))
      return rows.map(toJob)
    },

    async late(lateMs, limit) {
      const rows = await run(lateStatement(lateMs, limit))
      const late = rows.map((raw) => ({ job: fromRaw(raw), lateMs: Number(raw['late_ms']) }))
      return { jobs: late, all: Number(rows[0]?.['late_jobs'] ?? 0) }
    },

    async catchUp(late, audit) {
      return (await run(catchUpStatement(late, audit))).length
    },

    async completedAsTheyWere(endedMs) {
      const rows = await run(sql`
        select id, name from jobs
        where (state = 'completing' or (state = 'completed' and ended_at > now() - ${milliseconds(endedMs)}))
          and not exists (select from syncs where job_id = jobs.id and kind = 'final'
            and result is distinct from 'cancelled')`)
      return rows.map((raw) => ({ id: raw['id'] as string, name: raw['name'] as string }))
    },

    async claimCostReminders(before) {
      const rows = await run(sql`
        update jobs set cost_told_at = now()
        where state in ('error', 'paused', 'drill-exception') and intermediate in ('creating', 'ready')
          and (cost_told_at is null or cost_told_at < ${timestamp(before)})
        returning *`)
      return rows.map(fromRaw)
    },
  }
}

/** The name may be taken and the source may have a job: either way nothing is inserted, and nothing is audited. */
const createStatement = (
  { destination = null, holdMs = HOLD_MS, ...job }: NewJob,
  audit: AuditEntry,
  notices: readonly Notice[],
) => sql`
  with made as (
    insert into jobs
      (name, source_id, region, zone, auto, interval_ms, keep, image_name, bytes_per_second, compression, connections,
        hold_ms, windows, created_by, cloned_from, target, destination)
    values (${job.name}, ${job.sourceId}, ${job.region}, ${job.zone}, ${job.auto}, ${job.intervalMs}, ${job.keep},
      ${job.imageName}, ${job.bytesPerSecond}::bigint, ${job.compression}::text, ${job.connections}::int,
      ${holdMs}::bigint, ${json(job.windows ?? [])}, ${job.createdBy}, ${job.clonedFrom},
      ${destination === null ? 'image' : 'instance'}, ${destination})
    on conflict do nothing
    returning *
  ), disks as (
    insert into job_disks (job_id, index, path, identity, size_bytes)
    select made.id, disk.index, disk.path, disk.identity, disk."sizeBytes"
    from made, jsonb_to_recordset(${json(job.disks)})
      as disk (index int, path text, identity text, "sizeBytes" bigint)
  ), destined as (
    insert into destinations (id, instance_id)
    select made.id, made.destination from made where made.destination is not null
  ), audited as (${auditInto(audit, sql`select id as job_id, name as job from made`)}
  ), noticed as (${noticesInto(
    notices,
    sql`select made.id as job_id, made.name as job from made, (select count(*) from audited) as after_audited`,
  )})
  select * from made`
