import type { Approval } from '../domain/approval.ts'
import { standingWords } from '../domain/approval.ts'
import { formatTime } from '../domain/duration.ts'
import { count } from './args.ts'
import type { Context } from './define.ts'
import { defineCommand } from './define.ts'
import { refuseOutside } from './limits.ts'
import { lineOf } from './read.ts'
import type { NextStep } from './reply.ts'
import { done, Refusal } from './reply.ts'

const request = count('the number of the request', 1, 999_999_999)

export const showRequest = defineCommand({
  name: 'request',
  summary: 'Show what somebody has asked approval for, and who has decided how',
  effect: 'read',
  legalIn: 'any',
  args: { request },
  example: 'request 17',
  run: async ({ request: number }, context) => {
    const approval = await findRequest(context, number)
    const { command, jobName, requestedBy, approvedBy, needed, reason, evidence, expiresAt } = approval
    const status = stand(approval, await context.store.now())
    const isOpen = status === 'open'
    return done(
      'request',
      `Request ${number}, ${command} ${jobName}, ${standingWords({ ...approval, status })}.`,
      {
        facts: {
          'What is asked': lineOf({ command, raw: approval.args }),
          'Asked by': `${requestedBy}, ${formatTime(approval.requestedAt, context.clock.now())}`,
          'Approved by': `${approvedBy.join(', ') || 'nobody yet'}; ${approvedBy.length} of ${needed}`,
          ...(reason === null ? {} : { Reason: reason }),
          ...(isOpen ? { Expires: formatTime(expiresAt, context.clock.now()) } : {}),
          ...evidence,
        },
        actions: isOpen ? decisions(number, context.person.name === requestedBy) : [],
        data: {
          ...{ approval: number, job: jobName, command, status, requestedBy, approvedBy, needed, reason },
          expiresAt: expiresAt.toISOString(),
        },
      },
    )
  },
})

export const withdraw = defineCommand({
  name: 'withdraw',
  summary: 'Take back what you have asked approval for; nobody can approve it any more',
  effect: 'change',
  legalIn: 'any',
  args: { request },
  example: 'withdraw 17',
  run: async ({ request: number }, context) => {
    const { store, person, actor } = context
    const { requestedBy, command, jobName } = await findRequest(context, number)
    if (requestedBy !== person.name)
      throw new Refusal(
        'not-yours',
        `Request ${number} was made by ${requestedBy}, who alone can take it back; an approver can \`deny ${number} reason=…\`.`,
      )
    const audit = { actor, action: 'withdraw', outcome: 'withdrawn', facts: { request: number, command } }
    if ((await store.approvals.withdraw(number, person.name, audit)) === undefined) {
      const now = await findRequest(context, number)
      throw new Refusal('not-open', `Request ${number} ${standingWords(now)}; nothing is left to take back.`)
    }
    return done('withdrawn', `Request ${number} is withdrawn: ${command} ${jobName} does not happen.`, {
      data: { approval: number, job: jobName },
    })
  },
})

async function findRequest(context: Context, number: number): Promise<Approval> {
  const approval = await context.store.approvals.byNumber(number)
  if (approval === undefined) throw new Refusal('no-such-request', `There is no request ${number}.`)
  refuseOutside(context.person, approval.jobName)
  return approval
}

/** An overdue one counts as expired, marked so or not. */
const stand = ({ status, expiresAt }: Approval, now: Date): Approval['status'] =>
  status === 'open' && expiresAt <= now ? 'expired' : status

/** For others to decide; whoever asked can only take it back. */
function decisions(number: number, isOwn: boolean): readonly NextStep[] {
  const decide = { effect: 'change' as const, ...(isOwn ? { by: 'others' as const } : {}) }
  return [
    { label: 'approve', command: `approve ${number}`, ...decide },
    { label: 'deny', command: `deny ${number} reason=…`, ...decide },
    ...(isOwn ? [{ label: 'withdraw', command: `withdraw ${number}`, effect: 'change' } as const] : []),
  ]
}
