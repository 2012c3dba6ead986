import type { Person } from '../domain/policy.ts'
import { mayAct } from '../domain/policy.ts'
import { quoted } from './args.ts'
import type { Context } from './define.ts'
import { nearest } from './nearest.ts'
import { Refusal } from './reply.ts'

/** Somebody of the policy file who may act, by their name there; refused with the nearest name. */
export function personNamed({ policy }: Context, name: string): Person {
  const wanted = name.replace(/^@/, '')
  const person = policy.people.find((each) => each.name === wanted)
  if (person === undefined) {
    const guess = nearest(
      wanted,
      policy.people.map((each) => each.name),
    )
    throw new Refusal(
      'no-such-person',
      `${quoted(name)} is nobody in ferry.yaml.${guess === undefined ? '' : ` Did you mean ${guess}?`}`,
    )
  }
  if (!mayAct(person.role, 'operator'))
    throw new Refusal(
      'not-allowed',
      `${person.name} is ${person.role} and could do nothing in a cutover; operators, approvers and admins can.`,
    )
  return person
}
