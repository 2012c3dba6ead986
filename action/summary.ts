/** A reply as Markdown, for the summary of a run. */
import { drawBar, progressBars, progressLine } from '../core/commands/progress.ts'
import type { Reply } from '../core/commands/reply.ts'

const MARKS = { done: '✅', accepted: '⏳', refused: '⛔' } as const

export function renderSummary(reply: Reply): string {
  const facts = Object.entries(reply.facts)
  return [
    `### ${MARKS[reply.outcome]} ${text(reply.title)}`,
    ...(facts.length === 0 ? [] : [table(['', ''], facts)]),
    ...(reply.progress === undefined
      ? []
      : [
          fenced([
            ...progressBars(reply.progress).map(
              (bar) => `${bar.label.padEnd(9)}${drawBar(bar.done, 30)} ${bar.detail}`,
            ),
            progressLine(reply.progress),
          ]),
        ]),
    ...(reply.table === undefined ? [] : [table(reply.table.columns, reply.table.rows)]),
    ...(reply.actions === undefined || reply.actions.length === 0
      ? []
      : [`Next:\n\n${fenced(reply.actions.map((step) => step.command))}`]),
    `<sub>reason code: ${text(reply.code)}</sub>`,
    '',
  ].join('\n\n')
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(text).join(' | ')} |`
  return [line(columns), `|${columns.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n')
}

/** Nothing in a reply becomes markup, a mention or a link; only commands between backticks stay code. */
function text(value: string): string {
  return value
    .replace(/\s+/g, ' ')
    .split(/(`[^`]+`)/)
    .map((part, at) => (at % 2 === 1 ? part.replaceAll('|', '\\|') : plain(part)))
    .join('')
}

function plain(part: string): string {
  return part
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`|*_~[\]#]/g, '\\$&')
    .replace(/@/g, '@\u200b')
    .replace(/:\/\//g, ':\u200b//')
}

const fenced = (lines: readonly string[]): string =>
  `\`\`\`text\n${lines.map((line) => line.replace(/\s+$/, '').replace(/`{3,}/g, "'''")).join('\n')}\n\`\`\``
