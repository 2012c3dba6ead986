import { and, asc, desc, eq, gte, sql } from 'drizzle-orm'
import type { Approval } from '../../domain/approval.ts'
import { RUN_HAS_MS } from '../../domain/approval.ts'
import type { Approvals } from '../../ports/jobs.ts'
import type { Database, Raw } from './connect.ts'
import { auditInto, json, milliseconds, noticesInto, ordered, timestamp } from './parts.ts'
import { asRow } from './rows.ts'
import { approvals } from './schema/records.ts'

const fromRaw = (raw: Raw): Approval => asRow(approvals, raw)

/** Requests for approval. Each is pinned to its job's version: `jobs.change` voids those that it leaves behind. */
export function openApprovals({ db, ask, run }: Database): Approvals {
  const expire = async () => {
    const expired = await run(sql`
      update approvals set status = 'expired', ended_at = now()
      where status in ('open', 'approved') and expires_at <= now() returning number`)
    return expired.length
  }

  return {
    expire,

    async request(approval, audit, notice) {
      // An overdue request that still looks open would be handed out again, and nobody could approve it.
      await expire()
      const { jobId, jobVersion, command, args, requestedBy, expiresAt, needed, evidence } = approval
      const { carriedOutBy = 'approval' } = approval
      const subject = sql`select job_id, job_name as job from asked where made`
      const told = sql`select r.* from (${subject}) as r, (select count(*) from audited) as after_audited`
      const [raw] = await run(sql`
        with asked as (
          insert into approvals
            (job_id, job_name, job_version, command, args, requested_by, expires_at, needed, evidence,
              carried_out_by)
          select id, name, ${jobVersion}::bigint, ${command}, ${json(args)}, ${requestedBy},
            ${timestamp(expiresAt)}, ${needed}::int, ${ordered(evidence)}, ${carriedOutBy}
          from jobs where id = ${jobId}
          on conflict (job_id, job_version, command, md5(args::text)) where status = 'open'
            do update set status = approvals.status
          -- A row that was inserted by this statement has no xmax; one that stood already is locked by it.
          returning *, xmax = 0 as made
        ), audited as (${auditInto(audit, subject)}
        ), noticed as (${noticesInto([notice], told)})
        select * from asked`)
      if (raw === undefined) throw new Error(`there is no job ${jobId} to approve anything for`)
      return fromRaw(raw)
    },

    async abandon(number, audit) {
      await run(sql`
        with abandoned as (
          update approvals set status = 'void', ended_at = now() where number = ${number} and status in ('open', 'approved')
          returning job_id, job_name
        )
        ${auditInto(audit, sql`select job_id, job_name as job from abandoned`)}`)
    },

    async byNumber(number) {
      return (await ask(db.select().from(approvals).where(eq(approvals.number, number))))[0]
    },

    async latest(jobId, command, since) {
      const wanted = and(
        eq(approvals.jobId, jobId),
        eq(approvals.command, command),
        gte(approvals.requestedAt, since),
      )
      const newest = db.select().from(approvals).where(wanted).orderBy(desc(approvals.number))
      return (await ask(newest.limit(1)))[0]
    },

    async open(jobId) {
      const ofJob = jobId === undefined ? undefined : eq(approvals.jobId, jobId)
      const isOpen = and(eq(approvals.status, 'open'), sql`${approvals.expiresAt} > now()`, ofJob)
      return ask(db.select().from(approvals).where(isOpen).orderBy(asc(approvals.number)))
    },

    async approved() {
      const isToDo = and(
        ...[eq(approvals.status, 'approved'), eq(approvals.carriedOutBy, 'approval')],
        sql`${approvals.expiresAt} > now()`,
      )
      return ask(db.select().from(approvals).where(isToDo).orderBy(asc(approvals.number)))
    },

    // Two who decide at once wait for each other at the row; the second one's conditions and counts are then those of
    // the row as the first one left it.
    async decide(number, { by, approve, reason }, audit) {
      const [raw] = await run(sql`
        with decided as (
          update approvals set
            approved_by = case when ${approve}::boolean
              then approved_by || to_jsonb(${by}::text) else approved_by end,
            status = case
              when not ${approve}::boolean then 'denied'
              when jsonb_array_length(approved_by) + 1 >= needed then 'approved'
              else 'open' end,
            expires_at = case
              when ${approve}::boolean and jsonb_array_length(approved_by) + 1 >= needed and carried_out_by = 'run'
              then greatest(expires_at, now() + ${milliseconds(RUN_HAS_MS)}) else expires_at end,
            reason = coalesce(${reason}::text, reason),
            denied_by = case when not ${approve}::boolean then ${by}::text end,
            ended_at = case when not ${approve}::boolean then now() end
          where number = ${number} and status = 'open' and expires_at > now()
            and requested_by <> ${by} and not approved_by ? ${by}::text
            and exists (select from jobs where jobs.id = job_id and jobs.version = job_version)
          returning *
        ), audited as (${auditInto(audit, sql`select job_id, job_name as job from decided`)})
        select * from decided`)
      return raw && fromRaw(raw)
    },

    async withdraw(number, by, audit) {
      const [raw] = await run(sql`
        with withdrawn as (
          update approvals set status = 'denied', reason = ${`withdrawn by ${by}`}, denied_by = ${by}, ended_at = now()
          where number = ${number} and status = 'open' and requested_by = ${by}
          returning *
        ), audited as (${auditInto(audit, sql`select job_id, job_name as job from withdrawn`)})
        select * from withdrawn`)
      return raw && fromRaw(raw)
    },
  }
}
