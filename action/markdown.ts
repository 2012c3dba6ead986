/** Pieces of Markdown in which nothing that somebody else named becomes markup, a mention, a link or a picture. */

/** Rows beyond these are left out, and it is said: a summary has an end, and readers too. */
const MOST_ROWS = 100

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
    .replace(/[\\`|*_~[\]#!$]/g, '\\$&')
    .replace(/@/g, '@\u200b')
    .replace(/:\/\//g, ':\u200b//')
    .replace(/\bwww\./gi, 'www\u200b.')
}

export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(text).join(' | ')} |`
  const shown = rows.slice(0, MOST_ROWS).map(line)
  const left = rows.length - shown.length
  return [
    line(columns),
    `|${columns.map(() => ' --- |').join('')}`,
    ...shown,
    ...(left === 0 ? [] : [`\n… and ${left} more.`]),
  ].join('\n')
}

/** Lines as they are, in a block that none of them can close. */
export function fenced(lines: readonly string[], kind = 'text'): string {
  const clean = lines.map((line) =>
    line
      .replace(/[\r\n]+/g, ' ')
      .trimEnd()
      .replace(/`{3,}/g, "'''"),
  )
  return `\`\`\`${kind}\n${clean.join('\n')}\n\`\`\``
}

/** A Mermaid diagram of what took how long; undefined when there is nothing to draw. */
export function timeline(
  sections: readonly {
    readonly title: string
    readonly stretches: readonly { readonly label: string; readonly from: number; readonly to: number }[]
  }[],
): string | undefined {
  const drawn = sections.filter(({ stretches }) => stretches.length > 0)
  if (drawn.length === 0) return undefined
  return fenced(
    [
      'gantt',
      '  dateFormat x',
      '  axisFormat %H:%M:%S',
      ...drawn.flatMap(({ title, stretches }) => [
        `  section ${word(title)}`,
        ...stretches.map(
          ({ label, from, to }) =>
            `  ${word(label)} : ${Math.round(from)}, ${Math.round(Math.max(to, from + 1))}`,
        ),
      ]),
    ],
    'mermaid',
  )
}

/** What means nothing to Mermaid: letters, digits, spaces, dashes. */
const word = (title: string): string =>
  title
    .replace(/[^\p{L}\p{N} .-]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim() || 'sync'
