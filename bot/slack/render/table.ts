/** A table as Slack's own table, which people can sort and page, or as preformatted lines. */
import type { types } from '@slack/bolt'
import type { Table } from '../../../core/commands/reply.ts'
import type { Block } from './blocks.ts'
import { codeSections, context, LIMITS } from './blocks.ts'
import { cut } from './text.ts'

const CELL = 300
const PAGE = 20
const WIDEST = 40

/** For people who look at it: what can be sorted, filtered and paged. */
export function dataTable(table: Table, caption: string): readonly Block[] {
  const columns = table.columns.slice(0, LIMITS.tableColumns)
  const cells = (row: readonly string[]): types.RawTextElement[] =>
    columns.map((_, at) => ({ type: 'raw_text', text: cut(oneLine(row[at] ?? '') || '–', CELL) }))
  const shown = table.rows.slice(0, LIMITS.tableRows - 1)
  const left = table.rows.length - shown.length
  return [
    {
      type: 'data_table',
      caption: cut(caption, LIMITS.header),
      page_size: Math.max(1, Math.min(PAGE, shown.length)),
      rows: [cells(columns), ...shown.map(cells)],
    },
    ...(left > 0 ? [context(`${left} more rows than Slack can show; the CLI shows all of them.`)] : []),
  ]
}

/** The same where Slack has no tables. */
export function tableLines(table: Table): readonly Block[] {
  const rows = [table.columns, ...table.rows].map((row) => row.map(oneLine))
  const widths = table.columns.map((_, at) =>
    Math.min(
      WIDEST,
      rows.reduce((widest, row) => Math.max(widest, (row[at] ?? '').length), 0),
    ),
  )
  return codeSections(
    rows.map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
  )
}

const oneLine = (cell: string): string => cell.replace(/\s+/g, ' ').trim()
