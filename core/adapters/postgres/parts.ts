/** What many statements have in common: the rows that a change leaves in the audit and in the outbox. */
import type { SQL } from 'drizzle-orm'
import { sql } from 'drizzle-orm'
import type { AuditEntry } from '../../ports/jobs.ts'
import type { Notice } from '../../ports/notices.ts'

/** A time as a parameter; drizzle has switched off the driver's own conversion of dates. */
export const timestamp = (time: Date): SQL => sql`${time.toISOString()}::timestamptz`

export const json = (value: unknown): SQL => sql`${JSON.stringify(value)}::jsonb`

/** The same with its keys in their order, for columns that people read. */
export const ordered = (value: unknown): SQL => sql`${JSON.stringify(value)}::json`

/** So many milliseconds, as an SQL interval. */
export const milliseconds = (ms: number): SQL => sql`make_interval(secs => ${ms / 1000})`

/** For what belongs to no job. */
export const NO_JOB = sql`select null::text as job_id, null::text as job`

/** `job_id` and `job` of one job, and nothing when it does not exist. */
export const jobById = (id: string): SQL => sql`select id as job_id, name as job from jobs where id = ${id}`

/**
 * Inserts `entry` once for each row of `rows`, which has the columns `job_id` and `job`. The trigger of the audit
 * holds a lock until the statement ends: `rows` must read from every other part of the statement that locks rows,
 * so that this comes last and two statements never wait for each other.
 */
export const auditInto = (entry: AuditEntry, rows: SQL): SQL => sql`
  insert into audit (job_id, job, person, door, action, outcome, facts)
  select r.job_id, r.job, ${entry.actor.person}, ${entry.actor.door}, ${entry.action}, ${entry.outcome},
    ${json({ ...entry.actor.facts, ...entry.facts })}
  from (${rows}) as r
  returning seq`

/** Inserts the notices, in their order, for each row of `rows`; comes after the audit, for the same reason. */
export const noticesInto = (notices: readonly Notice[], rows: SQL): SQL => sql`
  insert into outbox (job_id, job, severity, title, facts, shown_by)
  select r.job_id, r.job, n.notice ->> 'severity', n.notice ->> 'title', coalesce(n.notice -> 'facts', '{}'),
    n.notice ->> 'shownBy'
  from (${rows}) as r, json_array_elements(${ordered(notices)}) with ordinality as n (notice, place)
  order by n.place
  returning id`
