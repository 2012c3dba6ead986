/** The machines' log: one JSON object per line on standard error. Facts never hold a key, code, token or ticket. */

export type Level = 'info' | 'warn' | 'error'

/** Writes one line. */
export function log(level: Level, message: string, facts: Record<string, unknown> = {}): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...facts })}\n`)
}

/** What went wrong, in words, causes included. */
export function wordsOf(problem: unknown): string {
  if (!(problem instanceof Error)) return String(problem)
  return problem.cause === undefined ? problem.message : `${problem.message}: ${wordsOf(problem.cause)}`
}
