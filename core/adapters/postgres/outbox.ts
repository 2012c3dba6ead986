import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { Outbox, OutboxRow } from '../../ports/notices.ts'
import type { Database, Raw } from './connect.ts'
import { NO_JOB, jobById, milliseconds, noticesInto, ordered } from './parts.ts'
import { asRow } from './rows.ts'
import { outbox } from './schema/records.ts'

/** How long a replica may take to deliver one notice before another one tries. */
const LEASE_MS = 60_000

export const toOutboxRow = (raw: Raw): OutboxRow => {
  const { id, at, job, severity, title, facts, shownBy } = asRow(outbox, raw)
  return { id: String(id), at, job, severity, title, facts, ...(shownBy === null ? {} : { shownBy }) }
}

/** The outbox: the first undelivered notice is leased, delivered with no transaction open, then marked. */
export function openOutbox({ run }: Database): Outbox {
  // The first undelivered row and no other: while somebody holds it, nobody delivers, and the order stands.
  const takeFirst = async (owner: string) => {
    const [raw] = await run(sql`
      update outbox set owner = ${owner}, lease_until = now() + ${milliseconds(LEASE_MS)}
      where id = (select id from outbox where delivered_at is null order by id limit 1)
        and delivered_at is null and (lease_until is null or lease_until <= now())
      returning *`)
    return raw && toOutboxRow(raw)
  }
  const end = (id: string, owner: string, delivered: boolean) =>
    run(sql`
      update outbox set owner = null, lease_until = null,
        delivered_at = case when ${delivered}::boolean then now() else delivered_at end
      where id = ${id}::bigint and owner = ${owner}`)

  return {
    async add(notice, jobId) {
      await run(noticesInto([notice], jobId === undefined ? NO_JOB : jobById(jobId)))
    },

    async addOnce(key, { severity, title, facts = {}, shownBy = null }, jobId) {
      const of = jobId === undefined ? NO_JOB : jobById(jobId)
      const added = await run(sql`
        insert into outbox (job_id, job, severity, title, facts, shown_by, once)
        select of.job_id, of.job, ${severity}, ${title}, ${ordered(facts)}, ${shownBy}::text, ${key} from (${of}) as of
        -- Looked at first: the trigger that numbers notices lets one writer in at a time.
        where not exists (select from outbox where once = ${key})
        on conflict do nothing
        returning id`)
      return added.length === 1
    },

    async deliver(deliver) {
      const owner = randomUUID()
      for (let count = 0; ; count++) {
        const notice = await takeFirst(owner)
        if (notice === undefined) return count
        try {
          await deliver(notice)
        } catch (error) {
          await end(notice.id, owner, false)
          throw error
        }
        // Killed here, it is delivered once more: at least once, never lost.
        await end(notice.id, owner, true)
      }
    },
  }
}
