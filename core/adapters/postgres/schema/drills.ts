/**
 * Drills, in the words of core/domain/drill.ts. Change tables here, then `npm run migration`.
 */
import { sql } from 'drizzle-orm'
import { boolean, check, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { Drill, DrillItem } from '../../../domain/drill.ts'
import { DRILL_RESULTS } from '../../../domain/drill.ts'
import { id, oneOf, time } from './columns.ts'
import { jobs } from './jobs.ts'

export const drills = pgTable(
  'drills',
  {
    id: id(),
    jobId: text()
      .notNull()
      .references(() => jobs.id),
    number: integer().notNull(),
    askedBy: text().notNull(),
    boot: boolean().notNull(),
    startedAt: time().notNull().defaultNow(),
    endedAt: time(),
    result: text().$type<Drill['result']>(),
    items: jsonb().$type<readonly DrillItem[]>().notNull().default([]),
    asked: jsonb().$type<Drill['asked']>().notNull().default({}),
  },
  (t) => [
    check('drills_result', oneOf(t.result, DRILL_RESULTS)),
    check('drills_ended', sql`(${t.result} is null) = (${t.endedAt} is null)`),
    uniqueIndex('drills_number').on(t.jobId, t.number),
    uniqueIndex('drills_one_running_per_job')
      .on(t.jobId)
      .where(sql`${t.result} is null`),
  ],
)
