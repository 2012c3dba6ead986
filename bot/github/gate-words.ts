/** What a gate says: to GitHub, in at most as many characters as GitHub takes, and when it opens or stays shut. */
import type { Approval } from '../../core/app/github.ts'
import { text } from '../../core/commands/markdown.ts'
import { slashed } from '../../core/commands/slashed.ts'

/** GitHub cuts nothing: it refuses a longer one. */
export const MOST_REPORT = 1024

export interface Verdict {
  readonly decision: 'approved' | 'rejected'
  readonly reason: string
}

/** What the request for approval says about the gate; undefined while it is open. */
export function verdictOf({
  status,
  number,
  approvedBy,
  reason,
  command,
  jobName,
}: Approval): Verdict | undefined {
  switch (status) {
    case 'open':
      return undefined
    case 'approved':
    case 'used':
      return { decision: 'approved', reason: `Request ${number} was approved by ${approvedBy.join(', ')}.` }
    case 'denied':
      return {
        decision: 'rejected',
        reason: `Request ${number} was denied${reason === null ? '' : `: ${reason}`}. Nothing was done.`,
      }
    case 'expired':
      return {
        decision: 'rejected',
        reason: `Nobody has approved request ${number} in time: ${command} ${jobName} did not happen. Run the workflow again to ask again.`,
      }
    case 'void':
      return {
        decision: 'rejected',
        reason: `${jobName} has changed since request ${number} was made, so what it showed is not so any more. Run the workflow again to ask again.`,
      }
  }
}

/**
 * What is to be decided and on what grounds, as Markdown. The grounds come in their order, as many as there is room for.
 * `shownAt`: the way to the same request elsewhere.
 */
export function evidenceReport(approval: Approval, shownAt: readonly string[] = []): string {
  const { number, command, jobName, requestedBy, needed, approvedBy, evidence } = approval
  const missing = needed - approvedBy.length
  const head = `**${text(`${command} ${jobName}`)}** waits for approval: request ${number} of ${text(requestedBy)}, ${missing} more ${missing === 1 ? 'person' : 'people'} needed.`
  const tail = [
    ...(approvedBy.length === 0 ? [] : [`Approved by: ${text(approvedBy.join(', '))}`]),
    `Decide in Slack, in a comment (\`/ferry approve ${number}\`, \`/ferry deny ${number} reason=…\`), or by reviewing this deployment.`,
    ...shownAt,
  ].join('\n')
  let report = head
  for (const [name, value] of Object.entries(evidence)) {
    const line = `\n- ${text(name)}: ${text(slashed(value))}`
    if (report.length + line.length + tail.length + 2 <= MOST_REPORT) report += line
  }
  return `${report}\n\n${tail}`.slice(0, MOST_REPORT)
}

/** A sentence as a report; a way elsewhere is left out where there is no room for it. */
export function sentenceReport(sentence: string, shownAt: readonly string[] = []): string {
  const whole = text(slashed(sentence))
  if (whole.length > MOST_REPORT) return `${whole.slice(0, MOST_REPORT - 1)}…`
  const linked = [whole, ...shownAt].join('\n\n')
  return linked.length <= MOST_REPORT ? linked : whole
}
