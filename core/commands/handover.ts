import { mayLead, ROOM_ROLES, withAcceptance, withOffer } from '../domain/cutover.ts'
import { choice, named, optional, text } from './args.ts'
import { defineCommand } from './define.ts'
import { describeCutover } from './describe-cutover.ts'
import { changeCutover, cutoverNumber, demandOpen } from './find-cutover.ts'
import { personNamed } from './person-named.ts'
import { Refusal } from './reply.ts'

export const handover = defineCommand({
  name: 'handover',
  summary: 'Ask somebody to take over a role in a cutover; it is theirs once they accept',
  effect: 'change',
  legalIn: 'in a cutover',
  args: {
    person: text('who, by their name in ferry.yaml', 40),
    role: named(optional(choice('the role; lead if left out', ROOM_ROLES))),
    cutover: cutoverNumber,
  },
  example: 'handover grace',
  run: async ({ person: wanted, role = 'lead', cutover: number }, context) => {
    const { name: to } = personNamed(context, wanted)
    const at = await context.store.now()
    const by = context.person.name
    const after = await changeCutover(
      context,
      { number },
      (cutover) => {
        demandOpen(cutover)
        const mine = cutover.roles[role] === by
        if (!mine && !mayLead(cutover, context.person))
          throw new Refusal(
            'not-lead',
            `Only the lead (${cutover.roles.lead ?? 'nobody yet'}), who has the role, or an admin can hand it over.`,
          )
        if (cutover.roles[role] === to)
          throw new Refusal('has-role', `${to} is ${role} of cutover ${cutover.number} already.`)
        return withOffer(cutover, { role, to, by, at })
      },
      { role, to },
    )
    return (await describeCutover(context, after)).reply
  },
})

export const handoverAccept = defineCommand({
  name: 'handover accept',
  summary: 'Accept the role that was handed over to you',
  effect: 'change',
  legalIn: 'in a cutover',
  args: { cutover: cutoverNumber },
  example: 'handover accept',
  run: async ({ cutover: number }, context) => {
    const { person, store } = context
    // Of several that are open, the one in which something is offered is meant.
    const offered = (await store.cutovers.open()).filter(({ offers }) =>
      offers.some(({ to }) => to === person.name),
    )
    const [only] = offered
    const meant = number ?? (offered.length === 1 ? only?.number : undefined)
    const after = await changeCutover(context, { number: meant }, (cutover) => {
      demandOpen(cutover)
      const next = withAcceptance(cutover, person.name)
      if (next === undefined)
        throw new Refusal(
          'nothing-offered',
          `Nothing is offered to ${person.name} in cutover ${cutover.number}.`,
        )
      return next
    })
    return (await describeCutover(context, after)).reply
  },
})
