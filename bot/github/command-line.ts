/** Which command a comment asks for. */

const MOST_CHARACTERS = 65_536
/** Deeper than three spaces, or behind a tab, a line is code. */
const COMMAND = /^ {0,3}[/.]ferry(?:[ \t]+(\S.*))?[ \t]*$/
/** Three ticks or tildes and more; within the first line of a list, too. */
const FENCE = /^ {0,3}(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]+)*(`{3,}|~{3,})/

/**
 * The command on a line of its own, `/ferry …` or `.ferry …`, without that word; `help` when nothing follows it. Lines
 * within a fence are quotations, as those that begin with `>` are; lines within `<!-- -->` are seen by nobody who reads
 * the comment. Several commands are a problem: one reply answers one. Undefined when the comment is not for Ferry.
 */
export function commandIn(
  body: string,
): { readonly line: string } | { readonly problem: string } | undefined {
  const lines = shownLines(body.slice(0, MOST_CHARACTERS)).flatMap((line) => {
    const found = COMMAND.exec(line)
    return found === null ? [] : [found[1]?.trim() ?? 'help']
  })
  const [first, ...more] = lines
  if (first === undefined) return undefined
  if (more.length > 0)
    return {
      problem: `${lines.length} commands stand in this comment; write each in a comment of its own. Nothing was done.`,
    }
  return { line: first }
}

/** The lines that GitHub shows as what the person says. */
function shownLines(body: string): readonly string[] {
  const shown: string[] = []
  /** What ends the block that a line is in. */
  let end: ((line: string) => boolean) | undefined
  for (const line of body.split(/\r\n|\r|\n/)) {
    if (end !== undefined) {
      if (end(line)) end = undefined
      continue
    }
    const fence = FENCE.exec(line)
    const [opening = '', mark] = fence ?? []
    if (mark !== undefined) {
      const indent = opening.length - mark.length > 3 ? '\\s*' : ' {0,3}'
      const closing = new RegExp(`^${indent}${mark[0] ?? ''}{${mark.length},}[ \\t]*$`)
      end = (next) => closing.test(next)
    } else if (line.lastIndexOf('<!--') > line.lastIndexOf('-->')) end = (next) => next.includes('-->')
    else shown.push(line)
  }
  return shown
}
