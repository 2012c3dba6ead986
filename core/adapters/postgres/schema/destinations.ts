/**
 * The instances whose disks jobs replace. Change tables here, then `npm run migration`; what drizzle cannot say stands in migrations/0001_guards.sql.
 */
import { jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import type { DestinationLook, Swap } from '../../../domain/destination.ts'
import { time, work } from './columns.ts'
import { jobs } from './jobs.ts'

export const destinations = pgTable('destinations', {
  /** The job's. A row is work while somebody waits for the old disks. */
  id: text()
    .primaryKey()
    .references(() => jobs.id),
  instanceId: text().notNull(),
  look: jsonb().$type<DestinationLook>(),
  problem: text(),
  lookedAt: time(),
  swap: jsonb().$type<Swap>(),
  step: text(),
  wayBackAskedBy: text(),
  ...work(),
})
