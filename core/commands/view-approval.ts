import type { Approval } from '../domain/approval.ts'
import { formatMoment } from '../domain/duration.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { approvalRule } from '../domain/policy.ts'
import type { Looking } from './define.ts'
import { CONSEQUENCE, othersWords, WORKFLOW_RUN } from './final-step.ts'
import { lineOf } from './read.ts'
import { accepted, done } from './reply.ts'
import type { NextStep } from './reply.ts'
import type { Tone, View } from './view.ts'

const TONES: Record<Approval['status'], Tone> = {
  open: 'waits',
  approved: 'moving',
  used: 'good',
  denied: 'bad',
  expired: 'neutral',
  void: 'neutral',
}

/** A request for approval as it stands at this moment, and who decided. `id`: its number. */
export async function viewApproval({ store, policy }: Looking, id: string): Promise<View | undefined> {
  const approval = /^[0-9]{1,9}$/.test(id) ? await store.approvals.byNumber(Number(id)) : undefined
  if (approval === undefined) return undefined
  const job = await store.jobs.byId(approval.jobId)
  const { number, command, args, jobName, needed, approvedBy, evidence, reason } = approval
  // One that is overdue is over, whether a tick has written it down yet or not.
  const isOver = approval.status === 'open' && approval.expiresAt <= (await store.now())
  const status = isOver ? 'expired' : approval.status
  const { [CONSEQUENCE]: consequence, ...seen } = evidence
  const title = `Request ${number}: ${approval.requestedBy} asks to ${command} ${jobName}${titleEnd(approval, status)}`
  const more = {
    facts: {
      ...(consequence === undefined ? {} : { [CONSEQUENCE]: consequence }),
      ...seen,
      Command: lineOf({ command, raw: args }),
      'Asked by': `${approval.requestedBy}, ${formatMoment(approval.requestedAt)}`,
      'Needed from others': othersWords(needed, approvalRule(policy, command, jobName).by),
      'Approved by': approvedBy.join(', ') || 'nobody yet',
      ...(approval.deniedBy === null ? {} : { 'Denied by': approval.deniedBy }),
      ...(reason === null ? {} : { Reason: reason }),
      ...(status === 'open' ? { Expires: formatMoment(approval.expiresAt) } : {}),
      ...(approval.endedAt === null ? {} : { Ended: formatMoment(approval.endedAt) }),
      ...(status === 'open' || job === undefined ? {} : { 'The job now': STATE_LABELS[job.state] }),
    },
    actions: stepsOf(approval, status),
    data: {
      ...{ approval: number, job: jobName, command, status, needed, approvedBy },
      deniedBy: approval.deniedBy,
      carriedOutBy: approval.carriedOutBy,
      requestedBy: approval.requestedBy,
      expiresAt: approval.expiresAt.toISOString(),
    },
  }
  const run = evidence[WORKFLOW_RUN]
  const isPending = status === 'open' || status === 'approved'
  return {
    reply: isPending ? accepted(`approval-${status}`, title, more) : done(`approval-${status}`, title, more),
    tone: TONES[status],
    closed: !isPending,
    ...(run?.startsWith('https://') ? { links: [{ label: WORKFLOW_RUN, url: run }] } : {}),
  }
}

function stepsOf({ number, carriedOutBy }: Approval, status: Approval['status']): readonly NextStep[] {
  if (status === 'open') return decisions(number)
  // Whoever was to carry it out may have died, or been refused at that moment: approving again does it.
  if (status === 'approved' && carriedOutBy === 'approval')
    return [{ label: 'carry out', command: `approve ${number}`, effect: 'change' }]
  return []
}

function decisions(number: number): readonly NextStep[] {
  return [
    { label: 'approve', command: `approve ${number}`, effect: 'change' },
    { label: 'deny', command: `deny ${number} reason=…`, effect: 'change' },
  ]
}

function titleEnd(
  { approvedBy, deniedBy, needed, requestedBy }: Approval,
  status: Approval['status'],
): string {
  switch (status) {
    case 'open':
      return approvedBy.length === 0 ? '' : ` (${approvedBy.length} of ${needed} approvals)`
    case 'approved':
      return `: approved by ${approvedBy.join(', ')}`
    case 'used':
      return `: approved by ${approvedBy.join(', ')}, and begun`
    case 'denied':
      return deniedBy === requestedBy ? ': withdrawn' : `: denied by ${deniedBy ?? 'somebody'}`
    case 'expired':
      return ': expired, nothing has happened'
    case 'void':
      return ': void, what was asked for has changed since; ask again'
  }
}
