import { sql } from 'drizzle-orm'
import type { Freezes } from '../../ports/jobs.ts'
import type { Database } from './connect.ts'
import { NO_JOB, auditInto, noticesInto } from './parts.ts'
import { freezeAll } from './schema/records.ts'

/** The freeze of all jobs. Whoever begins something holds a shared lock on its row (job-change.ts). */
export function openFreezes({ db, ask, run }: Database): Freezes {
  return {
    async ofAll() {
      const [row] = await ask(db.select().from(freezeAll))
      return row?.frozen ? { ...row.frozen, at: new Date(row.frozen.at) } : undefined
    },

    async freezeAll({ by, reason }, audit, notice) {
      const freeze = sql`jsonb_build_object('by', ${by}::text, 'reason', ${reason}::text,
        'at', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`
      const rows = await run(sql`
        with froze as (update freeze_all set frozen = ${freeze} where frozen is null returning one),
        audited as (${auditInto(audit, sql`${NO_JOB} from froze`)}),
        noticed as (${noticesInto([notice], sql`${NO_JOB} from audited`)})
        select one from froze`)
      return rows.length === 1
    },

    async unfreezeAll(audit, notice) {
      const rows = await run(sql`
        with lifted as (update freeze_all set frozen = null where frozen is not null returning one),
        audited as (${auditInto(audit, sql`${NO_JOB} from lifted`)}),
        noticed as (${noticesInto([notice], sql`${NO_JOB} from audited`)})
        select one from lifted`)
      return rows.length === 1
    },
  }
}
