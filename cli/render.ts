/** A reply as a terminal shows it. */
import { chartLines } from '../core/commands/chart.ts'
import { drawBar, progressBars, progressLine } from '../core/commands/progress.ts'
import type { NextStep, ProgressView, Reply, Table } from '../core/commands/reply.ts'

export interface Look {
  readonly color: boolean
}

const MARKS = { done: ['✔', 32], accepted: ['…', 33], refused: ['✖', 31] } as const
const BAR_WIDTH = 30

/** The whole view, without a line break at its end. */
export function renderReply(reply: Reply, look: Look): string {
  const [mark, color] = MARKS[reply.outcome]
  return [
    `${paint(mark, color, look)} ${paint(clean(reply.title), 1, look)}`,
    ...factLines(reply.facts, look),
    ...(reply.progress === undefined ? [] : ['', ...progressLines(reply.progress)]),
    ...(reply.table === undefined || reply.table.rows.length === 0
      ? []
      : ['', ...tableLines(reply.table, look)]),
    ...(reply.charts ?? []).flatMap((chart) => ['', ...chartLines(chart).map((line) => `  ${clean(line)}`)]),
    ...(reply.document === undefined ? [] : ['', ...reply.document.text.split('\n').map(clean)]),
    ...stepLines(
      'Next:',
      (reply.actions ?? []).filter(({ by }) => by === undefined),
    ),
    ...stepLines(
      'Next, by somebody else:',
      (reply.actions ?? []).filter(({ by }) => by === 'others'),
    ),
  ].join('\n')
}

function stepLines(title: string, steps: readonly NextStep[]): readonly string[] {
  if (steps.length === 0) return []
  return ['', title, ...steps.map((step) => `  npm run ferry -- ${clean(step.command)}`)]
}

function factLines(facts: Reply['facts'], look: Look): readonly string[] {
  const width = Math.max(0, ...Object.keys(facts).map((name) => name.length))
  return Object.entries(facts).flatMap(([name, value]) =>
    // A fact may be several lines, such as commands to copy.
    value
      .split('\n')
      .map((line, nth) => `  ${paint(clean(nth === 0 ? name : '').padEnd(width), 2, look)}  ${clean(line)}`),
  )
}

/** The bars of comparison, transfer and image, and what bounds them. */
function progressLines(view: ProgressView): readonly string[] {
  return [
    ...progressBars(view).map(
      (bar) =>
        `  ${bar.label.padEnd(9)}${drawBar(bar.done, BAR_WIDTH)} ${percent(bar.done)}  ${clean(bar.detail)}`,
    ),
    `  ${clean(progressLine(view))}`,
  ]
}

function tableLines(table: Table, look: Look): readonly string[] {
  const rows = [table.columns, ...table.rows].map((row) => row.map(clean))
  const widths = table.columns.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)))
  return rows.map((row, nth) => {
    const line = row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')
    return `  ${nth === 0 ? paint(line.trimEnd(), 2, look) : line.trimEnd()}`
  })
}

const percent = (done: number): string => `${Math.floor(done * 100)}`.padStart(3) + ' %'

/** What a server or a person named must not steer the terminal. */
function clean(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g, '?')
}

function paint(text: string, style: number, look: Look): string {
  return look.color ? `\u001b[${style}m${text}\u001b[0m` : text
}
