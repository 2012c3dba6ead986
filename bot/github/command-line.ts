/** Which command a comment asks for. */

const MOST_CHARACTERS = 65_536
const COMMAND = /^[ \t]{0,3}[/.]ferry(?:[ \t]+(\S.*))?[ \t]*$/

/**
 * The command on a line of its own, `/ferry …` or `.ferry …`, without that word; `help` when nothing follows it. Lines
 * within a fence are quotations, as those that begin with `>` are. Several commands are a problem: one reply answers
 * one. Undefined when the comment is not for Ferry.
 */
export function commandIn(
  body: string,
): { readonly line: string } | { readonly problem: string } | undefined {
  const lines: string[] = []
  let fence: string | undefined
  for (const line of body.slice(0, MOST_CHARACTERS).split(/\r\n|\r|\n/)) {
    const mark = /^[ \t]{0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (fence !== undefined) {
      if (mark !== undefined && mark.startsWith(fence) && line.trim() === mark) fence = undefined
      continue
    }
    if (mark !== undefined) {
      fence = mark
      continue
    }
    const found = COMMAND.exec(line)
    if (found !== null) lines.push(found[1]?.trim() ?? 'help')
  }
  const [first, ...more] = lines
  if (first === undefined) return undefined
  if (more.length > 0)
    return {
      problem: `${lines.length} commands stand in this comment; write each in a comment of its own. Nothing was done.`,
    }
  return { line: first }
}
