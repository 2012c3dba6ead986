import type { SQL } from 'drizzle-orm'
import { and, asc, desc, eq, gte, inArray, lte, sql } from 'drizzle-orm'
import type { Audit, AuditRow } from '../../ports/audit.ts'
import type { Database } from './connect.ts'
import { NO_JOB, auditInto, jobById } from './parts.ts'
import { audit } from './schema/records.ts'

/** Rows whose hashes are computed by one statement; well inside the limit on a statement's time. */
const PAGE = 5000

function toAuditRow(row: typeof audit.$inferSelect): AuditRow {
  const { seq, at, job, person, door, action, outcome, facts, hash } = row
  return { seq, at, job, actor: { person, door }, action, outcome, facts, hash }
}

/** The audit; numbers and hashes are the database's (migrations/0001_guards.sql). */
export function openAudit({ db, ask, run }: Database): Audit {
  return {
    async add(entry, jobId) {
      await run(auditInto(entry, jobId === undefined ? NO_JOB : jobById(jobId)))
    },

    async list({ jobId, limit }) {
      const ofJob = jobId === undefined ? undefined : eq(audit.jobId, jobId)
      return (await ask(db.select().from(audit).where(ofJob).orderBy(desc(audit.seq)).limit(limit))).map(
        toAuditRow,
      )
    },

    async of(jobIds, from, to) {
      const wanted = and(inArray(audit.jobId, [...jobIds]), gte(audit.at, from), lte(audit.at, to))
      const rows = await ask(db.select().from(audit).where(wanted).orderBy(desc(audit.seq)).limit(500))
      return rows.map(toAuditRow).toReversed()
    },

    async withKey(key) {
      const isOfKey = sql`${audit.facts} ? 'key' and ${audit.facts} ->> 'key' = ${key}`
      const [row] = await ask(db.select().from(audit).where(isOfKey).orderBy(asc(audit.seq)).limit(1))
      return row && toAuditRow(row)
    },

    async verify() {
      let rows = 0
      let head = ''
      for (;;) {
        const [page] = await run(pageStatement(rows, head))
        const found = Number(page?.['found'])
        if (page === undefined || found === 0) return { rows, brokenAt: null, head }
        if (page['broken_at'] !== null) return { rows, brokenAt: Number(page['broken_at']), head }
        // Without a break the numbers have no gap, so the last one says how many there are.
        rows = Number(page['last'])
        head = page['head'] as string
      }
    },
  }
}

/**
 * Walks the rows after `seq`; `head` is the hash of that row. A row is broken when it does not follow from the one
 * before it: after a deletion that is the row after the gap. What was cut off at the end leaves no trace here;
 * compare `head` with one that was noted elsewhere.
 */
const pageStatement = (seq: number, head: string): SQL => sql`
  with page as (
    select a, a.seq, a.hash,
      lag(a.seq, 1, ${seq}::bigint) over (order by a.seq) as seq_before,
      lag(a.hash, 1, ${head}::text) over (order by a.seq) as hash_before
    from audit as a where a.seq > ${seq}::bigint order by a.seq limit ${PAGE}
  )
  select count(*) as found, max(seq) as last, (array_agg(hash order by seq desc))[1] as head,
    min(seq) filter (where seq <> seq_before + 1 or hash <> audit_hash(hash_before, a)) as broken_at
  from page`
