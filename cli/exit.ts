/** What the exit code says. */
export const EXIT = {
  /** Done, or accepted and under way. */
  done: 0,
  refused: 1,
  /** The words were not understood. */
  usage: 2,
  /** No bot answered. */
  unreachable: 3,
  /** `watch`: the job came to rest in Error. */
  jobInError: 4,
  /** Nothing has happened yet: others must approve first. */
  approvalNeeded: 5,
} as const

const NOT_UNDERSTOOD: readonly string[] = ['not-understood', 'bad-argument', 'missing-argument']

export function exitCode(reply: { readonly outcome: string; readonly code: string }): number {
  if (reply.code === 'approval-needed') return EXIT.approvalNeeded
  if (reply.outcome !== 'refused') return EXIT.done
  return NOT_UNDERSTOOD.includes(reply.code) ? EXIT.usage : EXIT.refused
}
