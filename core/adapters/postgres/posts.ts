import type { SQL } from 'drizzle-orm'
import { and, desc, eq, isNotNull, sql } from 'drizzle-orm'
import type { Post } from '../../domain/post.ts'
import type { Posts, TakenPost } from '../../ports/posts.ts'
import type { Database, Raw } from './connect.ts'
import { json, milliseconds } from './parts.ts'
import { asRow } from './rows.ts'
import { posts } from './schema/posts.ts'

const toPost = (row: typeof posts.$inferSelect): Post => {
  const { id, door, kind, place, remoteId, shown, shownAt, tries, problem, openedAt, closedAt } = row
  const subject = { kind: row.subjectKind, id: row.subjectId }
  return { id, door, kind, subject, place, remoteId, shown, shownAt, tries, problem, openedAt, closedAt }
}

/**
 * What tells cheaply that a subject has moved: every move of a job raises its version, a decision changes the approval,
 * a request or a verification moves the cutover of its job.
 * What moves without it, such as the progress of a sync, is looked at again and again while it lasts.
 */
const MARK: SQL = sql`coalesce(case posts.subject_kind
  when 'job' then (select jobs.version::text from jobs where jobs.id = posts.subject_id)
  when 'sync' then (select concat_ws('/', jobs.version, syncs.result) from syncs
    join jobs on jobs.id = syncs.job_id where syncs.id = posts.subject_id)
  when 'approval' then (select concat_ws('/', status, jsonb_array_length(approved_by)) from approvals
    where posts.subject_id ~ '^[0-9]{1,9}$' and number = posts.subject_id::int)
  when 'cutover' then (select concat_ws('/', cutovers.version, sum(jobs.version),
      string_agg((select concat(max(number), count(ended_at), sum(jsonb_array_length(approved_by)))
        from approvals where approvals.job_id = jobs.id), ',' order by jobs.id),
      string_agg((select concat(count(*), count(ended_at)) from verifications
        where verifications.job_id = jobs.id), ',' order by jobs.id)) from cutovers
    join cutover_jobs using (number) join jobs on jobs.id = cutover_jobs.job_id
    where posts.subject_id ~ '^[0-9]{1,9}$' and number = posts.subject_id::int group by cutovers.version)
  end, '')`

/** Posts; the lease keeps replicas off each other's posts, and a post that its holder left is taken again. */
export function openPosts({ db, ask, run }: Database): Posts {
  return {
    async open(wanted) {
      if (wanted.length === 0) return
      const rows = wanted.map(({ door, kind, subject, place, remoteId }) => ({
        ...{ door, kind, place, remote_id: remoteId ?? null },
        ...{ subject_kind: subject.kind, subject_id: subject.id },
      }))
      await run(sql`
        insert into posts (door, kind, subject_kind, subject_id, place, remote_id)
        select door, kind, subject_kind, subject_id, place, remote_id from jsonb_to_recordset(${json(rows)})
          as w (door text, kind text, subject_kind text, subject_id text, place jsonb, remote_id text)
        on conflict do nothing`)
    },

    async byId(id) {
      const [row] = await ask(db.select().from(posts).where(eq(posts.id, id)))
      return row && toPost(row)
    },

    async ofSubject({ kind, id }) {
      const wanted = and(eq(posts.subjectKind, kind), eq(posts.subjectId, id), isNotNull(posts.remoteId))
      const all = db.select().from(posts).where(wanted).orderBy(posts.openedAt, posts.id)
      return (await ask(all.limit(20))).map(toPost)
    },

    async byRemoteId(door, remoteId) {
      const wanted = and(eq(posts.door, door), eq(posts.remoteId, remoteId))
      const newest = db.select().from(posts).where(wanted).orderBy(desc(posts.openedAt))
      const [row] = await ask(newest.limit(1))
      return row && toPost(row)
    },

    async take(door, owner, leaseMs, limit) {
      const rows = await run(sql`
        with due as (
          select posts.id, found.now_marked, due_at,
            case when mark is not distinct from found.now_marked then 2
              when kind in ('approval', 'cutover') then 0 else 1 end as rank
          from posts cross join lateral (select ${MARK} as now_marked) as found
          where door = ${door} and closed_at is null
            and (lease_until is null or lease_until <= now()) and (retry_at is null or retry_at <= now())
            and (due_at <= now() or mark is distinct from found.now_marked)
          order by rank, due_at limit ${limit} for update of posts skip locked
        ), taken as (
          update posts set owner = ${owner}, lease_until = now() + ${milliseconds(leaseMs)}, tries = tries + 1
          from due where posts.id = due.id
          returning posts.*, due.now_marked, due.rank
        )
        select * from taken order by rank, due_at`)
      return rows.map((raw: Raw): TakenPost => ({
        ...toPost(asRow(posts, raw)),
        mark: raw['now_marked'] as string,
      }))
    },

    async shown({ id, mark }, owner, { remoteId, digest, againInMs, closed }) {
      await run(sql`
        update posts set owner = null, lease_until = null, retry_at = null, tries = 0, problem = null,
          remote_id = ${remoteId}::text, mark = ${mark}, due_at = now() + ${milliseconds(againInMs)},
          shown_at = case when shown is distinct from ${digest}::text then now() else shown_at end,
          shown = ${digest}::text, closed_at = case when ${closed}::boolean then now() end
        where id = ${id} and owner = ${owner}`)
    },

    async failed(id, owner, { problem, againInMs, countsAsTry }) {
      await run(sql`
        update posts set owner = null, lease_until = null, retry_at = now() + ${milliseconds(againInMs)},
          tries = tries - ${countsAsTry ? 0 : 1}::int, problem = ${problem}
        where id = ${id} and owner = ${owner}`)
    },

    async close(id, problem) {
      await run(sql`
        update posts set owner = null, lease_until = null, closed_at = coalesce(closed_at, now()),
          problem = ${problem}::text
        where id = ${id}`)
    },

    async forget(keepMs, limit) {
      const rows = await run(sql`
        delete from posts where id in (
          select id from posts where closed_at < now() - ${milliseconds(keepMs)}
          order by closed_at limit ${limit} for update skip locked)
        returning id`)
      return rows.length
    },
  }
}
