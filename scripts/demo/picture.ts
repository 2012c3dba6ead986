/** A terminal as a picture: what README shows is made of what the demo really printed. */

type Colour = 'faint' | 'strong' | 'typed' | 'done' | 'going' | 'refused' | 'plain'
export type TerminalLine = readonly (readonly [Colour, string])[]

const FILLS: Record<Colour, string> = {
  faint: '#8b98a9',
  strong: '#ffffff',
  typed: '#7fdbff',
  done: '#6fdc8c',
  going: '#ffd166',
  refused: '#ff6b6b',
  plain: '#d6deeb',
}
const COLUMNS = 118
const CHARACTER = 7.2
const LEADING = 17
const MARGIN = 18

/** The lines as SVG; what is longer than the terminal is wide is cut with an ellipsis. */
export function terminalPicture(lines: readonly TerminalLine[]): string {
  const width = Math.round(COLUMNS * CHARACTER + 2 * MARGIN)
  const height = lines.length * LEADING + 2 * MARGIN
  const rows = lines.map((line, row) => {
    const y = MARGIN + (row + 0.75) * LEADING
    return `<text x="${MARGIN}" y="${y}" xml:space="preserve">${cut(line).map(span).join('')}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<rect width="100%" height="100%" rx="8" fill="#0b1f33"/>
<g font-family="ui-monospace, 'SF Mono', Menlo, 'DejaVu Sans Mono', monospace" font-size="12">
${rows.join('\n')}
</g>
</svg>
`
}

/** The acts of a transcript whose titles begin with one of these. */
export function actsOf(lines: readonly TerminalLine[], titles: readonly string[]): readonly TerminalLine[] {
  let isWanted = false
  const chosen = lines.filter((line) => {
    const [first] = line
    if (first?.[0] === 'strong') isWanted = titles.some((title) => first[1].startsWith(title))
    return isWanted && line.some(([, words]) => words !== '')
  })
  // An empty line before each act but the first.
  return chosen.flatMap((line, index) => (index > 0 && line[0]?.[0] === 'strong' ? [[], line] : [line]))
}

function cut(line: TerminalLine): TerminalLine {
  let left = COLUMNS
  return line.flatMap(([colour, words]) => {
    if (left <= 0) return []
    const shown = words.length > left ? `${words.slice(0, left - 1)}…` : words
    left -= words.length
    return [[colour, shown] as const]
  })
}

function span([colour, words]: readonly [Colour, string]): string {
  const text = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const weight = colour === 'strong' ? ' font-weight="bold"' : ''
  return `<tspan fill="${FILLS[colour]}"${weight}>${text}</tspan>`
}
