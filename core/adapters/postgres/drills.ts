import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import type { Drills } from '../../ports/drills.ts'
import type { Database } from './connect.ts'
import { json } from './parts.ts'
import { drills } from './schema/drills.ts'

/** Drills; they begin and end with a change of their job (job-change.ts). */
export function openDrills({ db, ask, run }: Database): Drills {
  return {
    async running(jobId) {
      const wanted = and(eq(drills.jobId, jobId), isNull(drills.result))
      const [row] = await ask(db.select().from(drills).where(wanted))
      return row
    },

    async latest(jobId) {
      const newest = db.select().from(drills).where(eq(drills.jobId, jobId)).orderBy(desc(drills.number))
      const [row] = await ask(newest.limit(1))
      return row
    },

    async setAsked(id, what, asked) {
      await run(sql`
        update drills set asked = asked || ${json({ [what]: asked })} where id = ${id} and result is null`)
    },
  }
}
