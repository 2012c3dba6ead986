import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { Image } from '../../domain/job.ts'
import type { Images } from '../../ports/jobs.ts'
import type { Database } from './connect.ts'
import { auditInto, json } from './parts.ts'
import { asRow } from './rows.ts'
import { images } from './schema/jobs.ts'

/** Images, one per sync. */
export function openImages({ db, ask, run }: Database): Images {
  return {
    async list(jobId, { all = false } = {}) {
      const wanted = and(eq(images.jobId, jobId), all ? undefined : isNull(images.deletedAt))
      return ask(db.select().from(images).where(wanted).orderBy(asc(images.number)))
    },

    async byId(id) {
      return (await ask(db.select().from(images).where(eq(images.id, id))))[0]
    },

    async record({ jobId, syncId, cloudId, name, roots, consistency }): Promise<Image> {
      const [raw] = await run(sql`
        with recorded as (
          insert into images (job_id, sync_id, number, cloud_id, name, roots, consistency)
          select job_id, id, number, ${cloudId}, ${name}, ${json(roots)}, ${consistency}
          from syncs where id = ${syncId} and job_id = ${jobId}
          -- Writes nothing new: it makes a repetition return the row that stands.
          on conflict (sync_id) do update set sync_id = excluded.sync_id
          returning *
        ), linked as (
          update syncs set image_id = recorded.id from recorded
          where syncs.id = recorded.sync_id and syncs.image_id is distinct from recorded.id
        )
        select * from recorded`)
      if (raw === undefined) throw new Error(`job ${jobId} has no sync ${syncId}`)
      return asRow(images, raw)
    },

    async setInUse(id, inUse) {
      await run(sql`update images set in_use = ${inUse}, deleting = deleting and not ${inUse}::boolean
        where id = ${id} and (in_use <> ${inUse} or deleting and ${inUse}::boolean)`)
    },

    async setPinned(id, pinned, audit) {
      const rows = await run(sql`
        with pinned as (
          update images set pinned = ${pinned}
          where id = ${id} and deleted_at is null and not deleting returning job_id
        )
        ${auditInto(audit, sql`select jobs.id as job_id, jobs.name as job from pinned join jobs on jobs.id = pinned.job_id`)}`)
      return rows.length === 1
    },

    async beginDelete(id) {
      const rows = await run(sql`
        update images set deleting = true where id = ${id} and not pinned and deleted_at is null
          and not exists (select from verifications where image_id = images.id and ended_at is null)
        returning id`)
      return rows.length === 1
    },

    async setDeleted(id) {
      await run(sql`update images set deleted_at = now() where id = ${id} and deleted_at is null`)
    },
  }
}
