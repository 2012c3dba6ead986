import type { Approval } from '../domain/approval.ts'
import { standingWords, whyNotDecide } from '../domain/approval.ts'
import { approvalRule } from '../domain/policy.ts'
import { count, named, optional, text } from './args.ts'
import type { Context } from './define.ts'
import { defineCommand } from './define.ts'
import type { Reply } from './reply.ts'
import { accepted, done, Refusal } from './reply.ts'

const request = count('the number of the request', 1, 999_999_999)

export const approve = defineCommand({
  name: 'approve',
  summary: 'Agree to what somebody else has asked for; with the last approval needed it happens',
  effect: 'change',
  role: 'approver',
  args: { request, reason: named(optional(text('why'))) },
  example: 'approve 17',
  run: async ({ request: number, reason }, context) => {
    const decided = await decide(context, number, true, reason)
    if (decided.status === 'approved' && decided.carriedOutBy === 'run') return forTheRun(decided)
    if (decided.status === 'approved') return context.runApproved(decided)
    const missing = decided.needed - decided.approvedBy.length
    return accepted(
      'approved',
      `Request ${number} has your approval; ${missing} more ${missing === 1 ? 'is' : 'are'} needed.`,
      {
        facts: { 'Approved by': decided.approvedBy.join(', ') },
        data: { approval: number, missing },
      },
    )
  },
})

/** What was asked for at a gate is carried out by the workflow run that waits there: its other steps come first. */
function forTheRun({ number, command, jobName, approvedBy, evidence }: Approval): Reply {
  const run = evidence['Workflow run']
  return accepted(
    'approved',
    `Request ${number} is approved; the workflow run goes on to ${command} ${jobName}.`,
    {
      facts: { 'Approved by': approvedBy.join(', '), ...(run === undefined ? {} : { 'Workflow run': run }) },
      data: { approval: number, missing: 0 },
    },
  )
}

export const deny = defineCommand({
  name: 'deny',
  summary: 'Refuse what somebody has asked for, with a reason',
  effect: 'change',
  role: 'approver',
  args: { request, reason: text('why, for the one who asked') },
  example: "deny 17 reason='not before the backup is done'",
  run: async ({ request: number, reason }, context) => {
    const decided = await decide(context, number, false, reason)
    return done(
      'denied',
      `Request ${number} is denied: ${decided.command} ${decided.jobName} does not happen.`,
      {
        facts: { Reason: reason, 'Asked by': decided.requestedBy },
        data: { approval: number },
      },
    )
  },
})

/** Decides at this moment: rules first, then one guarded write; whoever comes too late hears how it ended. */
async function decide(
  context: Context,
  number: number,
  isApproved: boolean,
  reason: string | undefined,
): Promise<Approval> {
  const { store, person, clock, actor } = context
  const approval = await store.approvals.byNumber(number)
  if (approval === undefined) throw new Refusal('no-such-request', `There is no request ${number}.`)
  const job = await store.jobs.byId(approval.jobId)
  const { by } = approvalRule(context.policy, approval.command, approval.jobName)
  const objection =
    job === undefined ? 'its job is gone' : whyNotDecide(approval, person, job, clock.now(), by)
  // Somebody may have died between the last approval and the step it allows: approving again carries it out.
  if (isApproved && approval.status === 'approved' && approval.approvedBy.includes(person.name))
    return approval
  if (objection !== undefined)
    throw new Refusal('may-not-decide', `You cannot decide on request ${number}: ${objection}.`)
  const decided = await store.approvals.decide(
    number,
    { by: person.name, approve: isApproved, reason: reason ?? null },
    {
      actor,
      action: isApproved ? 'approve' : 'deny',
      outcome: isApproved ? 'approved' : 'denied',
      facts: { request: number, command: approval.command, ...(reason === undefined ? {} : { reason }) },
    },
  )
  if (decided === undefined) {
    const now = await store.approvals.byNumber(number)
    throw new Refusal(
      'may-not-decide',
      `You cannot decide on request ${number} any more: ${now === undefined ? 'it is gone' : `it ${standingWords(now)}`}.`,
    )
  }
  return decided
}
