import type { SQL } from 'drizzle-orm'
import { sql } from 'drizzle-orm'
import type { Job } from '../../domain/job.ts'
import { BEGINNINGS, UNDER_WAY } from '../../domain/hold.ts'
import { WORKING } from '../../domain/life.ts'
import type { JobChange, JobSettings } from '../../ports/jobs.ts'
import { auditInto, json, noticesInto, timestamp } from './parts.ts'
import { columnName } from './rows.ts'
import { list } from './schema/columns.ts'

/** States in which a running sync does not move: the time that it takes is no longer its own. */
const STANDS_STILL: readonly Job['state'][] = ['error', 'pausing', 'paused']

/**
 * The one statement that changes a job, with everything that belongs to the change. It returns the job's row, or no
 * row when the job was not at this version and epoch, or a freeze, the time or the approval forbids it: then nothing
 * has happened.
 *
 * The parts run in the order in which they read from each other, and that is also the order of locks: the job, its
 * syncs, its approvals, the audit, the outbox.
 */
export function changeStatement(job: Pick<Job, 'id' | 'version' | 'epoch'>, change: JobChange): SQL {
  const { startSync, endSync, useApproval, notices = [] } = change
  const { startDrill, endDrill } = change
  const parts: SQL[] = []
  /** Parts that must have run before the next one starts. */
  const earlier: string[] = []
  const part = (name: string, statement: SQL) => {
    parts.push(sql`${sql.identifier(name)} as (${statement})`)
    earlier.push(name)
  }
  const moved = () =>
    sql`moved ${sql.join(
      earlier
        .filter((name) => name !== 'moved')
        .map(
          (name) =>
            sql`cross join (select count(*) from ${sql.identifier(name)}) as ${sql.identifier(`after_${name}`)}`,
        ),
      sql` `,
    )}`

  // Whoever freezes all jobs waits until this lock is gone, and whoever asks for it then sees the freeze.
  parts.push(sql`thawed as (select one from freeze_all where frozen is null for share)`)
  part('moved', move(job, change))
  // One statement changes a row once: a sync that ends with the pause was marked when the pause was asked for.
  if (endSync === undefined && change.set?.state !== undefined && STANDS_STILL.includes(change.set.state)) {
    part(
      'sync_interrupted',
      sql`update syncs set interrupted = true
        from moved where syncs.job_id = moved.id and syncs.result is null returning syncs.id`,
    )
  }
  if (endSync !== undefined) {
    part(
      'sync_ended',
      sql`update syncs set result = ${endSync.result}, ended_at = now(), order_epoch = null
        from moved where syncs.job_id = moved.id and syncs.result is null returning syncs.id`,
    )
  }
  if (startSync !== undefined) {
    part(
      'sync_started',
      sql`insert into syncs (job_id, number, kind, trigger, asked_by, page, services_stopped)
        select moved.id, ${lastNumber(job.id)} + 1,
          ${startSync.kind}, ${startSync.trigger}, ${startSync.askedBy}, ${change.audit.actor.page ?? null}::text,
          ${startSync.servicesStopped ?? false}::boolean
        from ${moved()} returning id`,
    )
  }
  if (endDrill !== undefined) {
    part(
      'drill_ended',
      sql`update drills set result = ${endDrill.result}, items = ${json(endDrill.items)}, ended_at = now()
        from moved where drills.job_id = moved.id and drills.result is null returning drills.id`,
    )
  }
  if (startDrill !== undefined) {
    part(
      'drill_started',
      sql`insert into drills (job_id, number, asked_by, boot)
        select moved.id, (select coalesce(max(number), 0) + 1 from drills where job_id = ${job.id}),
          ${startDrill.askedBy}, ${startDrill.boot}
        from ${moved()} returning id`,
    )
  }
  part('approvals_closed', closeApprovals(useApproval ?? null))
  const subject = () => sql`select moved.id as job_id, moved.name as job from ${moved()}`
  part('audited', auditInto(change.audit, subject()))
  if (notices.length > 0) part('noticed', noticesInto(notices, subject()))
  return sql`with ${sql.join(parts, sql`, `)} select moved.* from moved`
}

const lastNumber = (jobId: string): SQL =>
  sql`(select coalesce(max(number), 0) from syncs where job_id = ${jobId})`

function move(
  job: Pick<Job, 'id' | 'version' | 'epoch'>,
  { set = {}, audit, useApproval, during }: JobChange,
): SQL {
  const ended = 'nextSyncAt' in set && !('deferral' in set) ? { deferral: null } : {}
  const settings = Object.entries({ ...set, ...ended })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => sql`${sql.identifier(columnName(name))} = ${parameter(value)}`)
  const approved =
    useApproval === undefined
      ? sql``
      : sql`and exists (select from approvals where number = ${useApproval} and job_id = ${job.id}
          and job_version = ${job.version} and status = 'approved' and expires_at > now())`
  const inTime =
    during === undefined
      ? sql``
      : sql`and clock_timestamp() >= ${timestamp(during.from)} and clock_timestamp() < ${timestamp(during.to)}`
  return sql`update jobs
    set ${sql.join([sql`version = version + 1`, ...settings, ...consequences(set.state), ...faultEnds(set, audit)], sql`, `)}
    where id = ${job.id} and version = ${job.version} and epoch = ${job.epoch} ${approved} ${inTime}
      ${unfrozen(set.state)}
    returning *`
}

/** A sync or the end does not begin while the job is frozen; what is under way goes on. */
function unfrozen(state: Job['state'] | undefined): SQL {
  if (state === undefined || !BEGINNINGS.includes(state)) return sql``
  return sql`and (state in ${list(UNDER_WAY)} or (frozen is null and exists (select from thawed)))`
}

/** What follows from a new state: work begins or ends, and a job at rest has just told what it costs. */
function consequences(state: Job['state'] | undefined): SQL[] {
  if (state === undefined) return []
  const due = WORKING.includes(state) ? sql`now()` : sql`null`
  const told = state === 'error' || state === 'paused' || state === 'drill-exception' ? sql`now()` : sql`null`
  const ifNew = (value: SQL, otherwise: SQL) =>
    sql`case when state <> ${state} then ${value} else ${otherwise} end`
  return [
    sql`due_at = ${ifNew(due, sql`due_at`)}`,
    sql`tries = ${ifNew(sql`0`, sql`tries`)}`,
    sql`cost_told_at = ${ifNew(told, sql`cost_told_at`)}`,
  ]
}

/** A fault that is not spoken of ends with the job's move to another state; it stays to be read. */
function faultEnds({ state, fault }: Partial<JobSettings>, { actor }: JobChange['audit']): SQL[] {
  if (state === undefined || fault !== undefined) return []
  const ended = json({ state, by: actor.person })
  return [
    sql`fault = case when state = ${state} or fault ? 'ended' then fault
      else fault || jsonb_build_object('ended', ${ended} || jsonb_build_object('at', now())) end`,
  ]
}

/** Every change raises the version, to which approvals are pinned: one is used, the rest are worth nothing now. */
const closeApprovals = (used: number | null): SQL => sql`
  update approvals set ended_at = now(),
    status = case when number = ${used}::int then 'used' else 'void' end
  from moved where approvals.job_id = moved.id
    and (approvals.status in ('open', 'approved') or approvals.number = ${used}::int)
  returning approvals.number`

function parameter(value: JobSettings[keyof JobSettings]): SQL {
  if (value instanceof Date) return timestamp(value)
  return typeof value === 'object' && value !== null ? json(value) : sql`${value}`
}
