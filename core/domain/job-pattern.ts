/** Patterns that name jobs in the policy file: a job’s name in which `*` stands for any part of it. */

/** What a pattern may be made of; a `*` alone is every job. */
export const JOB_PATTERN = /^[a-z0-9*][a-z0-9*-]{0,59}$/

/** Whether `pattern` names this job. */
export function namesJob(pattern: string, job: string): boolean {
  // Piece by piece from the left, so that no pattern takes long, whatever it is made of.
  const [first = '', ...pieces] = pattern.split('*')
  const last = pieces.pop()
  if (last === undefined) return first === job
  if (!job.startsWith(first) || !job.endsWith(last) || job.length < first.length + last.length) return false
  let at = first.length
  const end = job.length - last.length
  for (const piece of pieces) {
    const found = job.indexOf(piece, at)
    if (found === -1 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}
