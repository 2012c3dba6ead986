import { desc, eq, sql } from 'drizzle-orm'
import type { Verification, Verifications } from '../../ports/store.ts'
import type { Database } from './connect.ts'
import { auditInto, json, noticesInto } from './parts.ts'
import { asRow, without } from './rows.ts'
import { verifications } from './schema/resources.ts'

const toVerification = (row: typeof verifications.$inferSelect): Verification =>
  without(row, 'owner', 'leaseUntil', 'dueAt', 'tries')

/** Verifications; the engine takes them as it takes jobs (work.ts). */
export function openVerifications({ db, ask, run }: Database): Verifications {
  return {
    async start(imageId, jobId, askedBy, options, audit) {
      const [raw] = await run(sql`
        with started as (
          insert into verifications (job_id, image_id, asked_by, options, due_at)
          select job_id, id, ${askedBy}, ${json(options)}, now() from images where id = ${imageId} and job_id = ${jobId}
          on conflict (image_id) where ended_at is null do update set image_id = excluded.image_id
          returning *, xmax = 0 as made
        ), audited as (${auditInto(
          audit,
          sql`select jobs.id as job_id, jobs.name as job from started join jobs on jobs.id = job_id where made`,
        )})
        select * from started`)
      if (raw === undefined) throw new Error(`job ${jobId} has no image ${imageId}`)
      return toVerification(asRow(verifications, raw))
    },

    async byId(id) {
      const [row] = await ask(db.select().from(verifications).where(eq(verifications.id, id)))
      return row && toVerification(row)
    },

    async list(jobId) {
      const ofJob = db.select().from(verifications).where(eq(verifications.jobId, jobId))
      return (await ask(ofJob.orderBy(desc(verifications.number)))).map(toVerification)
    },

    // Old and new checks are paired by name: a new one takes the old one's place, or comes after them.
    async setChecks(id, epoch, checks) {
      await run(sql`
        update verifications set checks = (
          select coalesce(jsonb_agg(coalesce(new.item, old.item) order by old.place nulls last, new.place), '[]')
          from jsonb_array_elements(checks) with ordinality as old (item, place)
          full join jsonb_array_elements(${json(checks)}) with ordinality as new (item, place)
            on new.item ->> 'name' = old.item ->> 'name')
        where id = ${id} and epoch = ${epoch} and ended_at is null`)
    },

    async setDoing(id, epoch, doing) {
      await run(sql`update verifications set doing = ${doing}
        where id = ${id} and epoch = ${epoch} and ended_at is null and doing <> ${doing}`)
    },

    async end(id, epoch, verdict, cause, audit, notice) {
      const subject = sql`select ended.job_id, ended.job from ended
        cross join (select count(*) from judged) as after_judged
        cross join (select count(*) from raised) as after_raised
        cross join (select count(*) from voided) as after_voided`
      await run(sql`
        with subject as materialized (
          -- Jobs are locked before what belongs to them, here as everywhere.
          select jobs.id, jobs.name from verifications join jobs on jobs.id = job_id
          where verifications.id = ${id} and verifications.ended_at is null for no key update of jobs
        ), ended as (
          update verifications
          set ended_at = now(), verdict = ${verdict}, cause = ${cause}, doing = '', due_at = null
          from subject
          where verifications.id = ${id} and verifications.epoch = ${epoch} and ended_at is null
          returning job_id, image_id, subject.name as job
        ), judged as (
          update images set verdict = ${verdict} from ended
          where images.id = ended.image_id and ${verdict} <> 'Bytes Proven' returning images.id
        ), raised as (
          update jobs set version = jobs.version + 1 from ended where jobs.id = ended.job_id returning jobs.id
        ), voided as (
          update approvals set status = 'void', ended_at = now() from raised
          where approvals.job_id = raised.id and status in ('open', 'approved') returning number
        ), audited as (${auditInto(audit, subject)})
        ${noticesInto([notice], sql`${subject} cross join (select count(*) from audited) as after_audited`)}`)
    },
  }
}
