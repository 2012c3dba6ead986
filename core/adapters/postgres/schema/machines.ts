/**
 * Sources and their agents. Change tables here, then `npm run migration`; what drizzle cannot say stands in migrations/0001_guards.sql.
 */
import { sql } from 'drizzle-orm'
import { jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { JobDisk } from '../../../domain/job.ts'
import type { SourceHost } from '../../../ports/machines.ts'
import { id, time } from './columns.ts'

export const sources = pgTable('sources', {
  id: id(),
  name: text().notNull().unique('sources_name'),
  /** SHA-256 of the enrolment code that stands; none once it was used. */
  codeHash: text().unique('sources_code'),
  codeExpiresAt: time(),
  createdAt: time().notNull().defaultNow(),
})

export const agents = pgTable(
  'agents',
  {
    id: id(),
    sourceId: text()
      .notNull()
      .references(() => sources.id),
    publicKey: text().notNull(),
    codeHash: text().notNull().unique('agents_code'),
    codeExpiresAt: time().notNull(),
    version: text().notNull(),
    host: jsonb().$type<SourceHost>().notNull(),
    disks: jsonb().$type<readonly JobDisk[]>().notNull(),
    enrolledAt: time().notNull().defaultNow(),
    seenAt: time().notNull().defaultNow(),
    replacedAt: time(),
  },
  (t) => [
    uniqueIndex('agents_one_per_source')
      .on(t.sourceId)
      .where(sql`${t.replacedAt} is null`),
  ],
)
