import { sql } from 'drizzle-orm'
import type { Cutover, CutoverPlan, Mark } from '../../domain/cutover.ts'
import type { Cutovers } from '../../ports/cutovers.ts'
import type { Database, Raw } from './connect.ts'
import { refusalOf } from './connect.ts'
import { auditInto, json, noticesInto } from './parts.ts'
import { asRow } from './rows.ts'
import { cutovers } from './schema/cutovers.ts'
import type { Stored } from './schema/jobs.ts'

const toMark = ({ by, at }: Stored<Mark>): Mark => ({ by, at: new Date(at) })

function toCutover(raw: Raw): Cutover {
  const { number, version, plan } = asRow(cutovers, raw)
  return {
    ...{ ...plan, number, version },
    startedAt: new Date(plan.startedAt),
    jobs: plan.jobs.map(({ ticks, obstacle, ...job }) => ({
      ...job,
      ticks: Object.fromEntries(Object.entries(ticks).map(([step, tick]) => [step, toMark(tick)])),
      obstacle: obstacle && { ...obstacle, at: new Date(obstacle.at) },
    })),
    offers: plan.offers.map((offer) => ({ ...offer, at: new Date(offer.at) })),
    signedOff: plan.signedOff && toMark(plan.signedOff),
    ended: plan.ended && { ...plan.ended, at: new Date(plan.ended.at) },
  }
}

/** Cutovers; the index on their jobs keeps a job out of a second open one. */
export function openCutovers({ run }: Database): Cutovers {
  return {
    async start(plan, audit, notice) {
      const [first] = plan.jobs
      const subject = sql`select id as job_id, name as job from jobs
        where id in (select job_id from members) order by name`
      try {
        const [raw] = await run(sql`
          with made as (insert into cutovers (plan) values (${json(plan)}) returning *),
          members as (
            insert into cutover_jobs (number, job_id)
            select made.number, job ->> 'jobId' from made, jsonb_array_elements(made.plan -> 'jobs') as job
            returning job_id
          ), audited as (${auditInto(audit, subject)}
          ), noticed as (${noticesInto(
            [notice],
            sql`select id as job_id, name as job from jobs, (select count(*) from audited) as after_audited
              where id = ${first?.jobId ?? ''}`,
          )})
          select * from made`)
        return raw && toCutover(raw)
      } catch (error) {
        if (refusalOf(error)?.constraint === 'cutover_jobs_in_one') return undefined
        throw error
      }
    },

    async byNumber(number) {
      const [raw] = await run(sql`select * from cutovers where number = ${number}::int`)
      return raw && toCutover(raw)
    },

    async open(jobId) {
      const ofJob =
        jobId === undefined
          ? sql``
          : sql`and number in (select number from cutover_jobs where job_id = ${jobId} and is_open)`
      const rows = await run(sql`select * from cutovers where ended_at is null ${ofJob} order by number`)
      return rows.map(toCutover)
    },

    async change({ number, version, ...plan }, audit, notices = []) {
      const subject = sql`select id as job_id, name as job from jobs
        where id in (select cutover_jobs.job_id from cutover_jobs join changed using (number)
          union select job_id from released) order by name`
      const said =
        audit === undefined
          ? sql``
          : sql`, audited as (${auditInto(audit, subject)}), noticed as (${noticesInto(
              notices,
              sql`select id as job_id, name as job from jobs, (select count(*) from audited) as after_audited
                where id = ${plan.jobs[0]?.jobId ?? ''} and exists (select from changed)`,
            )})`
      const [raw] = await run(sql`
        with changed as (
          update cutovers set version = version + 1, plan = ${json(plan satisfies CutoverPlan)},
            ended_at = case when ${plan.ended !== null}::boolean then coalesce(ended_at, now()) end
          where number = ${number}::int and version = ${version}::bigint
          returning *
        ), released as (
          update cutover_jobs set is_open = false from changed
          where cutover_jobs.number = changed.number and changed.ended_at is not null
          returning cutover_jobs.job_id
        ) ${said}
        select * from changed`)
      return raw && toCutover(raw)
    },
  }
}
