import { mayAct } from '../domain/policy.ts'
import { defineCommand } from './define.ts'
import { done } from './reply.ts'

export const whoami = defineCommand({
  name: 'whoami',
  summary: 'Say who you are to Ferry and what you may do',
  effect: 'read',
  args: {},
  example: 'whoami',
  run: async (_args, { person, actor, catalogue }) =>
    done('whoami', `You are ${person.name}, ${person.role}.`, {
      facts: {
        Door: actor.door,
        'May use': `${catalogue.filter((command) => mayAct(person.role, command.role)).length} of ${catalogue.length} commands`,
        'May decide on approvals':
          person.role === 'approver' || person.role === 'admin' ? 'yes, not on your own' : 'no',
      },
      data: { person: person.name, role: person.role },
    }),
})
