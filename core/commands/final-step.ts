/** What stands between a person and a step that cannot be taken back: their own yes, and the approval of others. */
import { APPROVAL_LIFE_MS } from '../domain/approval.ts'
import { formatTime } from '../domain/duration.ts'
import type { Job } from '../domain/job.ts'
import { approvalsNeeded } from '../domain/policy.ts'
import type { Context } from './define.ts'
import { lineOf } from './read.ts'
import { accepted, Pending, Refusal } from './reply.ts'

/**
 * Returns when the step may be taken. Otherwise throws: a refusal that asks for confirmation, or a pending reply
 * with the number of the request for approval. Call it after everything else has been checked, so that nobody is
 * asked to approve what would be refused anyway.
 *
 * `consequence`: what cannot be taken back, in one sentence. `evidence`: what the approvers should see.
 */
export async function finalStep(
  context: Context,
  job: Job,
  consequence: string,
  evidence: Readonly<Record<string, string>>,
): Promise<void> {
  const { command, raw } = context.invocation
  if (!context.confirmed && context.approval === undefined)
    throw new Refusal('confirm', `${consequence} Confirm to go on.`, {
      facts: evidence,
      actions: [{ label: 'confirm', command: lineOf(context.invocation), effect: 'final' }],
    })
  const needed = approvalsNeeded(context.policy, command)
  if (needed === 0 || context.approval !== undefined) return
  const expiresAt = new Date(context.clock.now().getTime() + APPROVAL_LIFE_MS)
  const approval = await context.store.approvals.request(
    {
      jobId: job.id,
      jobVersion: job.version,
      command,
      args: raw,
      requestedBy: context.person.name,
      needed,
      evidence,
      expiresAt,
    },
    { actor: context.actor, action: command, outcome: 'approval asked' },
    {
      severity: 'warning',
      title: `${context.person.name} asks to ${command} ${job.name}`,
      facts: { ...evidence, 'Needs approval by': `${needed} other ${needed === 1 ? 'person' : 'people'}` },
    },
  )
  throw new Pending(
    accepted('approval-needed', `${command} ${job.name} waits for approval: request ${approval.number}.`, {
      facts: {
        'What happens then': consequence,
        'Needed from others': String(needed),
        'Approved by': approval.approvedBy.join(', ') || 'nobody yet',
        Expires: formatTime(approval.expiresAt, context.clock.now()),
        ...evidence,
      },
      actions: [
        { label: 'approve', command: `approve ${approval.number}`, effect: 'change' },
        { label: 'deny', command: `deny ${approval.number} reason=…`, effect: 'change' },
      ],
      data: { approval: approval.number, needed },
    }),
  )
}
