/** What stands between a person and a step that cannot be taken back: their own yes, and the approval of others. */
import { APPROVAL_LIFE_MS, changedEvidence } from '../domain/approval.ts'
import { counted } from '../domain/counted.ts'
import { formatTime } from '../domain/duration.ts'
import type { Job } from '../domain/job.ts'
import { approvalRule } from '../domain/policy.ts'
import type { Context } from './define.ts'
import { lineOf } from './read.ts'
import { accepted, done, Pending, Refusal } from './reply.ts'

/**
 * Returns when the step may be taken. Otherwise throws: a refusal that asks for confirmation, or a pending reply
 * with the number of the request for approval. Call it after everything else has been checked, so that nobody is
 * asked to approve what would be refused anyway.
 *
 * `consequence`: what cannot be taken back, in one sentence. `evidence`: what the approvers see and decide on; once
 * any of it has changed, their approval is worth nothing.
 */
export async function finalStep(
  context: Context,
  job: Job,
  consequence: string,
  evidence: Readonly<Record<string, string>>,
  more: {
    /** Shown beside the evidence; changes as time goes by, which voids nothing. */
    readonly drifting?: Readonly<Record<string, string>>
    /** How many must approve at least, whatever the policy says. */
    readonly atLeast?: number
    /** A request stands no longer than this. */
    readonly until?: Date
  } = {},
): Promise<void> {
  const { command, raw } = context.invocation
  const { page } = context.actor
  const ofRun = page === undefined ? {} : { [WORKFLOW_RUN]: page }
  const shown = { ...evidence, ...more.drifting, ...ofRun, ...context.gate?.facts }
  if (!context.confirmed && context.approval === undefined)
    throw new Refusal('confirm', `${consequence} Confirm to go on.`, {
      facts: shown,
      actions: [{ label: 'confirm', command: lineOf(context.invocation), effect: 'final' }],
    })
  if (context.approval !== undefined) {
    const changed = changedEvidence(context.approval.evidence, evidence)
    if (changed === undefined) return
    throw new Refusal(
      'approval-void',
      `What request ${context.approval.number} showed has changed: ${changed}. Ask again.`,
    )
  }
  const rule = approvalRule(context.policy, command, job.name)
  const needed = Math.max(rule.needed, more.atLeast ?? 0)
  if (needed === 0 && context.gate !== undefined)
    throw new Pending(
      done('no-approval-needed', `${command} ${job.name} needs nobody’s approval.`, { facts: shown }),
    )
  if (needed === 0) return
  if (context.person.unknown !== undefined)
    throw new Refusal(
      'person-not-known',
      `${command} ${job.name} needs approval by ${othersWords(needed, rule.by)}, and who asks is ${context.person.unknown}, whom Ferry does not know: nobody could tell who the others are. Start a run of your own, not one again, from an account whose github_id an admin has given to a person in ferry.yaml.`,
    )
  const lastsUntil = (await context.store.now()).getTime() + APPROVAL_LIFE_MS
  const expiresAt = new Date(Math.min(lastsUntil, more.until?.getTime() ?? Infinity))
  const approval = await context.store.approvals.request(
    {
      jobId: job.id,
      jobVersion: job.version,
      command,
      args: raw,
      requestedBy: context.person.name,
      needed,
      // Beside the evidence, so that who decides knows what they decide on.
      evidence: { [CONSEQUENCE]: consequence, ...shown },
      expiresAt,
      carriedOutBy: context.gate === undefined ? 'approval' : 'run',
    },
    { actor: context.actor, action: command, outcome: 'approval asked' },
    {
      severity: 'warning',
      shownBy: 'approval',
      title: `${context.person.name} asks to ${command} ${job.name}`,
      facts: { ...shown, 'Needs approval by': othersWords(needed, rule.by) },
    },
  )
  throw new Pending(
    accepted('approval-needed', `${command} ${job.name} waits for approval: request ${approval.number}.`, {
      facts: {
        [CONSEQUENCE]: consequence,
        'Needed from others': othersWords(needed, rule.by),
        'Approved by': approval.approvedBy.join(', ') || 'nobody yet',
        Expires: formatTime(approval.expiresAt, context.clock.now()),
        ...shown,
      },
      actions: [
        { label: 'approve', command: `approve ${approval.number}`, effect: 'change', by: 'others' },
        { label: 'deny', command: `deny ${approval.number} reason=…`, effect: 'change', by: 'others' },
      ],
      data: { job: job.name, approval: approval.number, needed },
    }),
  )
}

/** The name of the fact that says what cannot be taken back. */
export const CONSEQUENCE = 'What happens then'

/** The name of the fact that says which run of a workflow waits for a request, or has asked for a sync. */
export const WORKFLOW_RUN = 'Workflow run'

/** `2 other people of the role admin` */
export function othersWords(needed: number, by: 'approver' | 'admin'): string {
  return `${counted(needed, 'other person', 'other people')}${by === 'admin' ? ' of the role admin' : ''}`
}
