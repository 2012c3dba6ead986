import type { SQL } from 'drizzle-orm'
import { sql } from 'drizzle-orm'
import type { Cost } from '../../domain/cost.ts'
import type { FleetFacts } from '../../domain/fleet.ts'
import { STATES } from '../../domain/job.ts'
import type { FleetFilter, FleetView } from '../../ports/fleet.ts'
import type { Database, Raw } from './connect.ts'
import { toJob } from './jobs.ts'
import { json } from './parts.ts'
import { asRow } from './rows.ts'
import { jobs, syncs } from './schema/jobs.ts'
import { toSync } from './syncs.ts'

const toDate = (value: unknown): Date | null => (typeof value === 'string' ? new Date(value) : null)

function toFacts(raw: Raw): FleetFacts {
  const running = raw['running'] as Raw | null
  const last = raw['last'] as Raw | null
  return {
    job: toJob(asRow(jobs, raw)),
    running: running === null ? null : toSync(asRow(syncs, running)),
    movedAt: toDate(raw['moved_at']),
    last:
      last === null
        ? null
        : {
            ...{ number: Number(last['number']), startedAt: new Date(String(last['started_at'])) },
            ...{ transferredAt: toDate(last['transferred_at']), endedAt: toDate(last['ended_at']) },
          },
    images: Number(raw['images'] ?? 0),
    verdict: raw['verdict'] as FleetFacts['verdict'],
    costs: (raw['costs'] ?? []) as readonly Cost[],
    unpriced: Number(raw['unpriced'] ?? 0),
    approvals: (raw['approvals'] ?? []) as readonly number[],
    seenAt: toDate(raw['seen_at']),
  }
}

/** The overview of all jobs, in one statement. */
export function openFleet({ run }: Database): FleetView {
  return {
    list: async (filter = {}) => (await run(fleetStatement(filter))).map(toFacts),
  }
}

/** What belongs to many jobs is summed once for all; of syncs, which grow in number, the index finds the last of each. */
const fleetStatement = ({
  states = STATES.filter((state) => state !== 'cleared'),
  text = '',
}: FleetFilter): SQL => sql`
  with image as (
    select job_id, count(*) as images, (array_agg(verdict order by number desc))[1] as verdict
    from images where deleted_at is null group by job_id
  ), price as (
    select job_id, price ->> 'currency' as currency, sum((price ->> 'perHour')::float8) as per_hour,
      count(*) filter (where price -> 'perHour' is null or price -> 'perHour' = 'null') as unpriced
    from cloud_resources where released_at is null group by job_id, price ->> 'currency'
  ), cost as (
    select job_id, sum(unpriced) as unpriced,
      jsonb_agg(jsonb_build_object('currency', currency, 'perHour', per_hour) order by currency)
        filter (where currency is not null and per_hour is not null) as costs
    from price group by job_id
  ), asked as (
    select job_id, jsonb_agg(number order by number) as approvals
    from approvals where status = 'open' and expires_at > now() group by job_id
  )
  select jobs.*, to_jsonb(run) as running, last.what as last, image.images, image.verdict, cost.costs,
    cost.unpriced, asked.approvals, agents.seen_at,
    greatest(run.agent_moved_at, case when run.phase = 'imaging' then run.progress_at end,
      run.transferred_at) as moved_at
  from jobs
    left join syncs as run on run.job_id = jobs.id and run.result is null
    left join lateral (
      select jsonb_build_object('number', number, 'started_at', started_at, 'transferred_at', transferred_at,
        'ended_at', ended_at) as what
      from syncs where job_id = jobs.id and result = 'ok' order by number desc limit 1) as last on true
    left join image on image.job_id = jobs.id
    left join cost on cost.job_id = jobs.id
    left join asked on asked.job_id = jobs.id
    left join agents on agents.source_id = jobs.source_id and agents.replaced_at is null
  where jobs.state in (select jsonb_array_elements_text(${json(states)}))
    and position(${text} in jobs.name) > 0
  order by jobs.name, jobs.created_at`
