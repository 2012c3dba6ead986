/** Patterns that name jobs in the policy file: a job’s name in which `*` stands for any part of it. */

/** What a pattern may be made of; a `*` alone is every job. */
export const JOB_PATTERN = /^[a-z0-9*][a-z0-9*-]{0,59}$/

/** Whether `pattern` names this job. */
export const namesJob = (pattern: string, job: string): boolean => fits(pattern, job)

/** Whether a text is the pattern with something, or nothing, in place of each `*`. */
export function fits(pattern: string, text: string): boolean {
  // Piece by piece from the left, so that no pattern takes long, whatever it is made of.
  const [first = '', ...pieces] = pattern.split('*')
  const last = pieces.pop()
  if (last === undefined) return first === text
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false
  let at = first.length
  const end = text.length - last.length
  for (const piece of pieces) {
    const found = text.indexOf(piece, at)
    if (found === -1 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}
