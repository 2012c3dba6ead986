/** A drawing of what took how long. */
import { fenced } from '../core/commands/markdown.ts'

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
