/** A table as Slack's own table, which people can sort and page, or as preformatted lines. */
import type { types } from '@slack/bolt'
import type { Table } from '../../../core/commands/reply.ts'
import type { Block } from './blocks.ts'
import { charactersIn, codeSections, context, LIMITS } from './blocks.ts'
import { cut, preformatted } from './text.ts'

const CELL = 300
const PAGE = 20
const WIDEST = 40

/** For people who look at it: what can be sorted, filtered and paged. `room`: characters for all of it. */
export function dataTable(table: Table, caption: string, room = Infinity): readonly Block[] {
  // A table of nothing but its columns is refused, and would say nothing.
  if (table.rows.length === 0) return []
  const columns = table.columns.slice(0, LIMITS.tableColumns)
  const cells = (row: readonly string[]): types.RawTextElement[] =>
    columns.map((_, at) => ({ type: 'raw_text', text: cut(oneLine(row[at] ?? '') || '–', CELL) }))
  const all = [columns, ...table.rows.slice(0, LIMITS.tableRows - 1)].map(cells)
  const title = cut(caption, LIMITS.header)
  const rows = all.slice(0, fitting(all.map(charactersIn), room - title.length))
  const left = leftOut(table, rows.length)
  if (rows.length < 2) return left
  return [
    {
      type: 'data_table',
      caption: title,
      page_size: Math.max(1, Math.min(PAGE, rows.length - 1)),
      rows,
    },
    ...left,
  ]
}

/** The same where Slack has no tables. */
export function tableLines(table: Table, room = Infinity): readonly Block[] {
  if (table.rows.length === 0) return []
  const rows = [table.columns, ...table.rows].map((row) => row.map(oneLine))
  const widths = table.columns.map((_, at) =>
    Math.min(
      WIDEST,
      rows.reduce((widest, row) => Math.max(widest, (row[at] ?? '').length), 0),
    ),
  )
  const lines = rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  // With its end of line, and as it is escaped.
  const shown = fitting(
    lines.map((line) => preformatted(line).length + 1),
    room,
  )
  return [...codeSections(lines.slice(0, shown)), ...leftOut(table, shown)]
}

/** How many of the first fit into `room`. */
function fitting(lengths: readonly number[], room: number): number {
  let left = room
  const over = lengths.findIndex((length) => (left -= length) < 0)
  return over === -1 ? lengths.length : over
}

/** `shown`: with the row of the columns. */
function leftOut({ rows }: Table, shown: number): readonly Block[] {
  const left = rows.length - Math.max(0, shown - 1)
  return left > 0 ? [context(`… ${left} more rows than Slack can show; the CLI shows all of them.`)] : []
}

const oneLine = (cell: string): string => cell.replace(/\s+/g, ' ').trim()
