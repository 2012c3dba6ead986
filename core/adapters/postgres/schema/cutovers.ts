/**
 * Cutovers, in the words of core/domain/cutover.ts. Change tables here, then `npm run migration`.
 */
import { sql } from 'drizzle-orm'
import { boolean, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { CutoverPlan } from '../../../domain/cutover.ts'
import { count, time } from './columns.ts'
import type { Stored } from './jobs.ts'
import { jobs } from './jobs.ts'

export const cutovers = pgTable('cutovers', {
  number: integer().primaryKey().generatedAlwaysAsIdentity(),
  version: count().notNull().default(1),
  /** All that people see of it, changed as a whole. */
  plan: jsonb().$type<Stored<CutoverPlan>>().notNull(),
  endedAt: time(),
})

export const cutoverJobs = pgTable(
  'cutover_jobs',
  {
    number: integer()
      .notNull()
      .references(() => cutovers.number),
    jobId: text()
      .notNull()
      .references(() => jobs.id),
    isOpen: boolean().notNull().default(true),
  },
  (t) => [
    primaryKey({ columns: [t.number, t.jobId] }),
    uniqueIndex('cutover_jobs_in_one')
      .on(t.jobId)
      .where(sql`${t.isOpen}`),
  ],
)
