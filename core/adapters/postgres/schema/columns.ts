/** What the tables are made of. */
import { sql } from 'drizzle-orm'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'
import { bigint, integer, text, timestamp } from 'drizzle-orm/pg-core'

/** Text even though it is a UUID: what people and machines send as an id may be anything and must then find nothing. */
export const id = () =>
  text()
    .primaryKey()
    .default(sql`gen_random_uuid()::text`)

/** To the millisecond, as a `Date` holds it. */
export const time = () => timestamp({ withTimezone: true, precision: 3 })

export const count = () => bigint({ mode: 'number' })

/** `('ready', 'paused')`: for checks and predicates, which cannot have parameters. */
export const list = (values: readonly string[]) =>
  sql.raw(`(${values.map((value) => `'${value}'`).join(', ')})`)

/** A check that holds for null as well. */
export const oneOf = (column: AnyPgColumn, values: readonly string[]) => sql`${column} in ${list(values)}`

/** A check that holds for null as well. */
export const within = (column: AnyPgColumn, low: number, high: number) =>
  sql`${column} between ${sql.raw(String(low))} and ${sql.raw(String(high))}`

/** What makes a row a piece of work: when it is due, and who holds it until when (see work.ts). */
export const work = () => ({
  /** Raised by every claim; a write with a lower one changes nothing. */
  epoch: count().notNull().default(0),
  dueAt: time(),
  owner: text(),
  leaseUntil: time(),
  tries: integer().notNull().default(0),
})
