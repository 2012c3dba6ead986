import type { Column, Table } from 'drizzle-orm'
import { getTableColumns } from 'drizzle-orm'
import type { Raw } from './connect.ts'

/** The name that `casing: 'snake_case'` gives a column. */
export function columnName(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** The columns of a table with their names on both sides; worked out once, for rows come by the thousand. */
function columnsOf(table: Table) {
  const known = columns.get(table)
  if (known !== undefined) return known
  const found = Object.entries(getTableColumns(table)).map(
    ([property, column]) => ({ property, name: columnName(property), column }) as const,
  )
  columns.set(table, found)
  return found
}
const columns = new WeakMap<Table, readonly { property: string; name: string; column: Column }[]>()

/**
 * A row of a statement of our own, read as drizzle reads a row of `table`: its names, its types. Raw values are text
 * where drizzle has switched off the driver's conversions (times) or the driver has none (big numbers).
 */
export function asRow<T extends Table>(table: T, raw: Raw): T['$inferSelect'] {
  const row: Record<string, unknown> = {}
  for (const { property, name, column } of columnsOf(table)) {
    const value = raw[name] ?? null
    row[property] = value === null ? null : column.mapFromDriverValue(value)
  }
  return row
}

/** A row without the columns that are nobody's business outside the adapter. */
export function without<T extends object, K extends keyof T>(row: T, ...names: readonly K[]): Omit<T, K> {
  const hidden: readonly PropertyKey[] = names
  return Object.fromEntries(
    Object.entries(row).filter(([name]) => !hidden.includes(name)),
  ) as unknown as Omit<T, K>
}
