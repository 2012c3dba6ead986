/**
 * Text as GitHub shows it. What people or servers named must not become a mention, a link, a reference to an issue or
 * markup: GitHub makes those of the finished page, so escaping alone does not keep them off, and a character that
 * nobody sees stands in between.
 */

import type { View } from '../../core/app/doors.ts'

const UNSEEN = '\u200b'

/** A sentence: nothing in it is markup but commands between backticks, which stay code. */
export function text(value: string): string {
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
    .replace(/[\\`|*_~[\]!$]/g, '\\$&')
    .replace(/^(\s*)([-+=])(?=\s|$)/, '$1\\$2')
    .replace(/^(\s*[0-9]{1,9})([.)])(?=\s|$)/, '$1\\$2')
    .replace(/[@#]/g, `$&${UNSEEN}`)
    .replace(/\b(gh)-(?=[0-9])/gi, `$1-${UNSEEN}`)
    .replace(/:(?=\/\/)/g, `:${UNSEEN}`)
    .replace(/\bwww\.(?=\S)/gi, `www${UNSEEN}.`)
    .replace(/\b(mailto|xmpp):/gi, `$1${UNSEEN}:`)
}

/** A short text as code, whatever is in it. */
export function code(value: string): string {
  return `\`${value.replace(/\s+/g, ' ').replaceAll('`', "'").replaceAll('|', '\\|').trim() || ' '}\``
}

/** Lines as they are, in a block whose end none of them can be. */
export function fenced(lines: readonly string[]): string {
  return ['```text', ...lines.map((line) => line.replace(/\s+$/, '').replace(/`{3,}/g, "'''")), '```'].join(
    '\n',
  )
}

export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(text).join(' | ')} |`
  return [line(columns), `|${columns.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n')
}

export function details(summary: string, inside: string): string {
  return `<details>\n<summary>${text(summary)}</summary>\n\n${inside}\n\n</details>`
}

/** Not shown; how Ferry finds again what it has written. */
export function marker(name: string): string {
  return `<!-- ferry:${name.replace(/[^\w:.-]/g, '')} -->`
}

/** The way to what is shown of the same elsewhere; an address that is none is left out. */
export function linkLines({ links = [] }: Pick<View, 'links'>): readonly string[] {
  const shown = links.filter(({ url }) => /^https:\/\/[\w./:?#=&%~+-]+$/.test(url))
  return shown.length === 0 ? [] : [shown.map(({ label, url }) => `[${text(label)}](${url})`).join(' · ')]
}
