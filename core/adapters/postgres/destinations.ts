import { and, eq, notInArray, sql } from 'drizzle-orm'
import { ENDED } from '../../domain/life.ts'
import type { Destination, Destinations } from '../../ports/destinations.ts'
import type { Database } from './connect.ts'
import { auditInto, json, noticesInto } from './parts.ts'
import { asRow, without } from './rows.ts'
import { list } from './schema/columns.ts'
import { destinations } from './schema/destinations.ts'
import { jobs } from './schema/jobs.ts'

function toDestination(row: typeof destinations.$inferSelect): Destination {
  return { ...without(row, 'id', 'owner', 'leaseUntil', 'dueAt', 'tries'), jobId: row.id }
}

/** States in which nobody carries a job out, so that its destination is free for the way back. */
const AT_REST = ['error', ...ENDED]

/** Destinations, and the way back, which the engine takes as it takes jobs (work.ts). */
export function openDestinations({ db, ask, run }: Database): Destinations {
  return {
    async of(jobId) {
      const [row] = await ask(db.select().from(destinations).where(eq(destinations.id, jobId)))
      return row && toDestination(row)
    },

    async unfinished() {
      const rows = await ask(
        db
          .select({ row: destinations })
          .from(destinations)
          .innerJoin(jobs, and(eq(jobs.id, destinations.id), notInArray(jobs.state, [...ENDED])))
          .orderBy(sql`${destinations.lookedAt} nulls first`),
      )
      return rows.map(({ row }) => toDestination(row))
    },

    async looked(jobId, look, problem) {
      await run(sql`
        update destinations set look = ${look === null ? null : json(look)}, problem = ${problem}, looked_at = now()
        where id = ${jobId}`)
    },

    async plan(jobId, swap) {
      const [raw] = await run(sql`
        update destinations
        set swap = case when swap is null or swap ->> 'state' = 'taken back' then ${json(swap)} else swap end
        where id = ${jobId} returning *`)
      if (raw === undefined) throw new Error(`job ${jobId} has no destination`)
      return toDestination(asRow(destinations, raw))
    },

    async setStep(jobId, step) {
      await run(sql`update destinations set step = ${step} where id = ${jobId}`)
    },

    async swapped(jobId, check, audit, notice) {
      const subject = sql`select jobs.id as job_id, jobs.name as job from swapped join jobs using (id)`
      await run(sql`
        with swapped as (
          update destinations set step = null, swap = swap || ${json({ state: 'done', check })}
          where id = ${jobId} and swap ->> 'state' = 'under way' returning id
        ), audited as (${auditInto(audit, subject)})
        ${noticesInto([notice], sql`${subject} cross join (select count(*) from audited) as after_audited`)}`)
    },

    async askWayBack(jobId, audit) {
      const asked = await run(sql`
        with asked as (
          update destinations set way_back_asked_by = coalesce(way_back_asked_by, ${audit.actor.person}), due_at = now()
          where id = ${jobId} and swap ->> 'state' in ('under way', 'done')
            and exists (select from jobs where jobs.id = ${jobId} and state in ${list(AT_REST)})
          returning id
        ), audited as (${auditInto(audit, sql`select jobs.id as job_id, jobs.name as job from asked join jobs using (id)`)})
        select id from asked, (select count(*) from audited) as after_audited`)
      return asked.length > 0
    },

    async endWayBack(jobId, epoch, { isBack, step }, audit, notice) {
      const state = isBack ? sql`swap || ${json({ state: 'taken back' })}` : sql`swap`
      const subject = sql`select jobs.id as job_id, jobs.name as job from ended join jobs using (id)`
      await run(sql`
        with ended as (
          update destinations set way_back_asked_by = null, due_at = null, step = ${step}, swap = ${state}
          where id = ${jobId} and epoch = ${epoch} and way_back_asked_by is not null returning id
        ), audited as (${auditInto(audit, subject)})
        ${noticesInto([notice], sql`${subject} cross join (select count(*) from audited) as after_audited`)}`)
    },
  }
}
