/** Text for Slack: escaped and cut. */

/** What people or servers named must not become a mention or a link: Slack reads those from `<…>` and `&`. */
export function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

/** Cuts without leaving half of an escaped character, or of a pair of surrogates, behind. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const kept = text.slice(0, most - 1).replace(/&[a-z]{0,4}$/, '')
  return `${kept.replace(/[\ud800-\udbff]$/, '')}…`
}

/** A run of backticks would end the block that it stands in. */
export const preformatted = (line: string): string => escape(line.replace(/`{3,}/g, "'''"))

/** Lines put together into as few texts as `most` characters allow; a longer line is cut. */
export function pieces(lines: readonly string[], most: number): readonly string[] {
  const texts: string[] = []
  let current: string | undefined
  for (const line of lines.map((each) => cut(each, most))) {
    if (current !== undefined && current.length + 1 + line.length <= most) current += `\n${line}`
    else {
      if (current !== undefined) texts.push(current)
      current = line
    }
  }
  return current === undefined ? texts : [...texts, current]
}

/**
 * Bold, but for what stands in backticks: Slack takes no code within bold. The stars stand at words, where Slack takes
 * them for what they are.
 */
export function bold(text: string): string {
  return text
    .split(/(`[^`\n]*`)/)
    .map((part, at) => (at % 2 === 1 ? part : starred(part)))
    .join('')
}

function starred(text: string): string {
  const [before = ''] = /^[\s,.;:!?)]*/.exec(text) ?? []
  const [after = ''] = /[\s("]*$/.exec(text.slice(before.length)) ?? []
  const words = text.slice(before.length, text.length - after.length)
  return words === '' ? text : `${before}*${words}*${after}`
}
