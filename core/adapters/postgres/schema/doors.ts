/** What doors keep: the meaning of buttons, and workspaces. Change tables here, then `npm run migration`. */
import { sql } from 'drizzle-orm'
import { index, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import type { Meaning } from '../../../ports/doors.ts'
import { time } from './columns.ts'

/** What a button carries is kept as SHA-256 only: whoever reads this table can press none. */
export const buttonReferences = pgTable(
  'button_references',
  {
    hash: text().primaryKey(),
    meaning: jsonb().$type<Meaning>().notNull(),
    /** The only person who may use it; null: anybody. */
    person: text(),
    expiresAt: time().notNull(),
    /** Who used it, each with the time. */
    usedBy: jsonb()
      .$type<Readonly<Record<string, string>>>()
      .notNull()
      .default(sql`'{}'`),
  },
  (t) => [index('button_references_expires').on(t.expiresAt)],
)

export const workspaces = pgTable('workspaces', {
  id: text().primaryKey(),
  /** AES-256-GCM, by the key of the environment; null: not installed, or by the token of the environment. */
  installation: text(),
  installedAt: time(),
  /** Until then the newer kinds of blocks are not tried. */
  plainUntil: time(),
})
