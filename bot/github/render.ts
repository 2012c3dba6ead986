/** A reply as GitHub Markdown. */
import type { View } from '../../core/app/doors.ts'
import { chartLines } from '../../core/commands/chart.ts'
import { drawBar, progressBars, progressLine } from '../../core/commands/progress.ts'
import { slashed } from '../../core/commands/slashed.ts'
import type { Reply, Table } from '../../core/commands/reply.ts'
import { code, details, fenced, table, text } from '../../core/commands/markdown.ts'

/** GitHub refuses a longer comment or check summary as a whole. */
export const MOST_CHARACTERS = 65_535
const MARKS = { done: '✅', accepted: '⏳', refused: '⛔' } as const
/** Nothing was refused: somebody is asked whether to go on. */
const ASKED = '❔'
const TONES = {
  ...{ moving: '⏳', waits: '✋', good: '✅', bad: '❌', neutral: '▫️' },
} as const satisfies Record<View['tone'], string>
/** What is read at a glance; the rest is folded. */
const FACTS_OPEN = 8
const ROWS_OPEN = 12

export interface RenderOptions {
  /** What is written at the end, as Markdown. */
  readonly last?: readonly string[]
  /** Not shown. */
  readonly marker?: string
  /** How what is shown stands; left out: how the reply ended. */
  readonly tone?: View['tone']
}

/** The whole reply; what does not fit is left out from the end of its table, and said so. */
export function renderMarkdown(reply: Reply, { last = [], marker, tone }: RenderOptions = {}): string {
  for (let rows = reply.table?.rows.length ?? 0; ; rows = Math.floor(rows / 2)) {
    const whole = [
      ...(marker === undefined ? [] : [marker]),
      `${markOf(reply, tone)} **${text(slashed(shorter(reply.title, 1000)))}**`,
      ...facts(reply.facts),
      ...(reply.progress === undefined ? [] : [progress(reply.progress)]),
      ...(reply.table === undefined ? [] : tableParts(reply.table, rows)),
      ...(reply.charts ?? []).map((chart) => fenced(chartLines(chart))),
      ...next(reply),
      ...last,
    ].join('\n\n')
    if (whole.length <= MOST_CHARACTERS) return whole
    // Without any row only facts are left, and those alone never fill a comment but by a bug or an attack.
    if (rows === 0) return `${whole.slice(0, MOST_CHARACTERS - 1)}…`
  }
}

function markOf({ code, outcome }: Reply, tone: View['tone'] | undefined): string {
  if (tone !== undefined) return TONES[tone]
  return code === 'confirm' ? ASKED : MARKS[outcome]
}

function facts(all: Reply['facts']): readonly string[] {
  const rows = Object.entries(all).map(([name, value]) => [name, slashed(shorter(value, 2000))])
  if (rows.length === 0) return []
  const [open, folded] = [rows.slice(0, FACTS_OPEN), rows.slice(FACTS_OPEN)]
  return [
    table(['', ''], open),
    ...(folded.length === 0 ? [] : [details(`${folded.length} more`, table(['', ''], folded))]),
  ]
}

export function progress(view: NonNullable<Reply['progress']>): string {
  return fenced([
    ...progressBars(view).map((bar) => `${bar.label.padEnd(9)}${drawBar(bar.done, 30)} ${bar.detail}`),
    progressLine(view),
  ])
}

function tableParts({ columns, rows }: Table, shown: number): readonly string[] {
  const kept = rows.slice(0, shown)
  const whole = table(
    columns,
    kept.map((row) => row.map(slashed)),
  )
  return [
    kept.length > ROWS_OPEN ? details(`${kept.length} rows`, whole) : whole,
    ...(kept.length < rows.length
      ? [`${rows.length - kept.length} more rows: a terminal shows all of them.`]
      : []),
  ]
}

function next({ actions = [] }: Reply): readonly string[] {
  if (actions.length === 0) return []
  return [`Next: ${actions.map((step) => code(`/ferry ${step.command}`)).join(' ')}`]
}

function shorter(value: string, most: number): string {
  return value.length <= most ? value : `${value.slice(0, most - 1)}…`
}
