/** The page that a step leaves in the summary of its run: one that an operator would forward. */
import { code, fenced, linkLines, table, text } from '../core/commands/markdown.ts'
import { drawBar, progressBars, progressLine } from '../core/commands/progress.ts'
import type { SyncPhases } from '../core/commands/phases.ts'
import type { Reply } from '../core/commands/reply.ts'
import { ofJob } from './outputs.ts'
import type { Ending, Known } from './step.ts'
import { timeline } from './timeline.ts'

export interface Page {
  readonly ending: Ending
  readonly known: Known
  /** What was asked, as people type it. */
  readonly asked: string
  readonly endedAt: number
  readonly phases?: SyncPhases | undefined
  /** What `troubleshoot` says, when the job has a fault. */
  readonly trouble?: Reply | undefined
  /** What a cancellation has led to. */
  readonly note?: string | undefined
}

const MARKS = { done: '✅', accepted: '⏳', refused: '⛔', denied: '⛔', failed: '❌' } as const
/** GitHub takes 1 MiB of summary from a step. */
const MOST_CHARACTERS = 200_000

export function renderSummary(page: Page): string {
  const { ending, known, asked, phases, trouble, note } = page
  const shown = known.last ?? known.first
  const facts = Object.entries(shown?.facts ?? {})
  const parts = [
    `### ${markOf(ending, shown)} ${text(ending.title)}`,
    `${code(asked.slice(0, 300))} · ${ending.decision} · reason code ${code(ending.code)}`,
    ...(note === undefined ? [] : [text(note)]),
    ...(facts.length === 0 ? [] : [table(['', ''], facts)]),
    ...approval(page),
    ...(trouble === undefined
      ? []
      : ['#### What went wrong', table(['', ''], Object.entries(trouble.facts))]),
    ...(phases === undefined
      ? []
      : [`#### Sync ${text(phases.title)}`, table(phases.table.columns, phases.table.rows)]),
    ...(drawing(page) ?? []),
    ...verification(known),
    ...(shown?.progress === undefined ? [] : [fenced(bars(shown.progress))]),
    ...(shown?.table === undefined || isRecords(shown) ? [] : longTable(shown.table)),
    ...nextSteps(trouble ?? shown),
    ...linkLines(known.links),
    '',
  ]
  const whole = parts.join('\n\n')
  return whole.length <= MOST_CHARACTERS ? whole : `${whole.slice(0, MOST_CHARACTERS)}\n\n… cut here.\n`
}

/** Telling of a fault went well; the fault did not, and a page is read by its mark. */
function markOf({ decision }: Ending, shown: Reply | undefined): string {
  return decision === 'done' && ofJob(shown)?.['state'] === 'error' ? '⚠️' : MARKS[decision]
}

/** Rows beyond these are left out, and it is said: a summary has an end, and readers too. */
const MOST_ROWS = 100

function longTable({ columns, rows }: NonNullable<Reply['table']>): readonly string[] {
  const left = rows.length - MOST_ROWS
  return [table(columns, rows.slice(0, MOST_ROWS)), ...(left > 0 ? [`… and ${left} more.`] : [])]
}

/** Who asked, who agreed, and what they had before their eyes. */
function approval({ known: { request, last } }: Page): readonly string[] {
  if (request === undefined || request === last) return []
  return ['#### Approval', table(['', ''], Object.entries(request.facts))]
}

function drawing({ known, phases, endedAt }: Page): readonly string[] | undefined {
  const { asked, approval: number } = known
  // The step looks now and then: what was approved began before it saw that.
  const began = phases?.stretches[0]?.from ?? endedAt
  const drawn = timeline([
    ...(asked === undefined
      ? []
      : [
          {
            title: `request ${number ?? ''}`,
            stretches: [
              {
                label: 'waits for approval',
                from: asked.from,
                to: Math.min(asked.to ?? endedAt, Math.max(asked.from, began)),
              },
            ],
          },
        ]),
    ...(phases === undefined
      ? []
      : [{ title: phases.title.replace('#', 'sync '), stretches: phases.stretches }]),
  ])
  return drawn === undefined ? undefined : ['#### Timeline', drawn]
}

/** The checks of the verification that was waited for, a row each. */
function verification({ first, last }: Known): readonly string[] {
  if (last === undefined || !isRecords(last)) return []
  const [newest] = recordsOf(last)
  const number = first?.data?.['verification'] ?? newest?.number
  const checks = recordsOf(last).find((record) => record.number === number)?.checks ?? []
  const rows = checks.map(({ name, ok, detail }) => [
    name,
    ok === null ? 'not known' : ok ? 'ok' : 'failed',
    detail,
  ])
  return ['#### Verification', table(['check', 'result', 'detail'], rows)]
}

interface Recorded {
  readonly number: number
  readonly checks: readonly { readonly name: string; readonly ok: boolean | null; readonly detail: string }[]
}
const recordsOf = ({ data }: Reply): readonly Recorded[] =>
  Array.isArray(data?.['verifications']) ? (data['verifications'] as Recorded[]) : []
const isRecords = ({ code: name }: Reply): boolean => name === 'verifications'

function bars(view: NonNullable<Reply['progress']>): readonly string[] {
  return [
    ...progressBars(view).map(
      ({ label, done, detail }) => `${label.padEnd(9)}${drawBar(done, 30)} ${detail}`,
    ),
    progressLine(view),
  ]
}

/** What can be asked next, in the words of every door. */
function nextSteps(shown: Reply | undefined): readonly string[] {
  const steps = shown?.actions ?? []
  if (steps.length === 0) return []
  return ['#### Next', fenced(steps.map(({ command }) => `/ferry ${command}`))]
}
