/**
 * Text as GitHub shows it, in comments, checks and summaries of runs. What people or servers named must not become a
 * mention, a link, a reference to an issue or markup: GitHub makes those of the finished page, so escaping alone does
 * not keep them off, and a character that nobody sees stands in between.
 */
import type { Link } from './view.ts'

const UNSEEN = '\u200b'

/** A sentence: nothing in it is markup but commands between backticks, which stay code. */
export function text(value: string): string {
  return inline(value, (code) => code)
}

/** The same within a table, where a bar would end the cell even in code; its lines stay lines. */
const cell = (value: string): string =>
  value
    .trim()
    .split(/\s*\n\s*/)
    .map((line) => inline(line, (code) => code.replaceAll('|', '\\|')))
    .join('<br>')

function inline(value: string, ofCode: (code: string) => string): string {
  return value
    .replace(/\s+/g, ' ')
    .split(/(`[^`]+`)/)
    .map((part, at) => (at % 2 === 1 ? ofCode(part) : plain(part)))
    .join('')
}

function plain(part: string): string {
  return part
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`|*_~[\]!$]/g, '\\$&')
    .replace(/^(\s*)([-+=])(?=\s|$)/, '$1\\$2')
    .replace(/^(\s*[0-9]{1,9})([.)])(?=\s|$)/, '$1\\$2')
    .replace(/[@#]/g, `$&${UNSEEN}`)
    .replace(/\b(gh)-(?=[0-9])/gi, `$1-${UNSEEN}`)
    .replace(/:(?=\/\/)/g, `:${UNSEEN}`)
    .replace(/\bwww\.(?=\S)/gi, `www${UNSEEN}.`)
    .replace(/\b(mailto|xmpp):/gi, `$1${UNSEEN}:`)
}

/** A short text as code, whatever is in it: its ticks are fewer in a row than those around it. */
export function code(value: string): string {
  const inside = value.replace(/\s+/g, ' ').trim() || ' '
  const longest = Math.max(0, ...[...inside.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const [ticks, space] = ['`'.repeat(longest + 1), longest === 0 ? '' : ' ']
  return `${ticks}${space}${inside}${space}${ticks}`
}

/** Lines as they are, in a block whose end none of them can be. `kind`: `text`, or what else GitHub draws. */
export function fenced(lines: readonly string[], kind = 'text'): string {
  const clean = lines.map((line) =>
    line
      .replace(/[\r\n]+/g, ' ')
      .trimEnd()
      .replace(/`{3,}/g, "'''"),
  )
  return [`\`\`\`${kind}`, ...clean, '```'].join('\n')
}

export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return [line(columns), `|${columns.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n')
}

/** `inside`: Markdown. */
export function details(summary: string, inside: string): string {
  return `<details>\n<summary>${text(summary)}</summary>\n\n${inside}\n\n</details>`
}

/** The ways to what is shown of the same elsewhere, in one line; none when there are none. An address that is none is left out. */
export function linkLines(links: readonly Link[] = []): readonly string[] {
  const shown = links.filter(({ url }) => /^https:\/\/[\w./:?#=&%~+-]+$/.test(url))
  if (shown.length === 0) return []
  return [`See also: ${shown.map(({ label, url }) => `[${text(label)}](${url})`).join(' · ')}`]
}
