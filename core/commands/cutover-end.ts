import type { Cutover } from '../domain/cutover.ts'
import { mayLead } from '../domain/cutover.ts'
import { text } from './args.ts'
import type { Context } from './define.ts'
import { defineCommand } from './define.ts'
import { reportReply } from './cutover.ts'
import { changeCutover, cutoverNumber, demandOpen } from './find-cutover.ts'
import { Refusal } from './reply.ts'

export const cutoverEnd = defineCommand({
  name: 'cutover end',
  summary: 'Close a cutover that is signed off, with its report',
  effect: 'change',
  legalIn: 'in a cutover',
  args: { cutover: cutoverNumber },
  example: 'cutover end',
  run: async ({ cutover: number }, context) => {
    const at = await context.store.now()
    const after = await changeCutover(context, { number }, (cutover) => {
      demandOpen(cutover)
      demandLead(context, cutover)
      if (cutover.signedOff === null)
        throw new Refusal(
          'not-signed-off',
          `Cutover ${cutover.number} is not signed off: \`cutover check sign-off\` once all steps are done, or \`cutover stop reason=…\`.`,
        )
      return { ...cutover, ended: { by: context.person.name, at, result: 'done', reason: null } }
    })
    return reportReply(context, after)
  },
})

export const cutoverStop = defineCommand({
  name: 'cutover stop',
  summary:
    'Break a cutover off: no further job is completed, its requests for approval end; what runs goes on',
  effect: 'change',
  legalIn: 'in a cutover',
  args: { reason: text('why, for the report'), cutover: cutoverNumber },
  example: "cutover stop reason='the database did not come up'",
  run: async ({ reason, cutover: number }, context) => {
    const at = await context.store.now()
    const after = await changeCutover(
      context,
      { number },
      (cutover) => {
        demandOpen(cutover)
        demandLead(context, cutover)
        return { ...cutover, offers: [], ended: { by: context.person.name, at, result: 'stopped', reason } }
      },
      { reason },
    )
    await endRequests(context, after)
    return reportReply(context, after)
  },
})

function demandLead({ person }: Context, cutover: Cutover): void {
  if (mayLead(cutover, person)) return
  throw new Refusal(
    'not-lead',
    `${cutover.roles.lead ?? 'Nobody yet'} leads cutover ${cutover.number}; only the lead or an admin can do this. \`handover\` passes it on.`,
  )
}

/** An approval that came afterwards would complete a job that nobody wants to be completed any more. */
async function endRequests({ store, person, actor }: Context, { number, jobs }: Cutover): Promise<void> {
  for (const { jobId } of jobs)
    for (const request of await store.approvals.open(jobId)) {
      if (request.command !== 'complete') continue
      const reason = `cutover ${number} was stopped`
      const audit = {
        ...{ actor, action: 'cutover stop', outcome: 'request ended' },
        facts: { request: request.number, reason },
      }
      if (request.requestedBy === person.name)
        await store.approvals.withdraw(request.number, person.name, audit)
      else await store.approvals.decide(request.number, { by: person.name, approve: false, reason }, audit)
    }
}
