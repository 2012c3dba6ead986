import { Refusal } from '../../core/commands/reply.ts'
import type { SlackParts } from './parts.ts'

export type Person = NonNullable<ReturnType<SlackParts['app']['slackPerson']>>

/** The person of a Slack user, or the refusal that says how to become known. */
export function personOf({ app }: Pick<SlackParts, 'app'>, userId: string): Person {
  const person = app.slackPerson(userId)
  if (person !== undefined) return person
  throw new Refusal(
    'not-known',
    `Ferry does not know you: an admin adds \`slack: ${userId}\` to your entry in ferry.yaml.`,
  )
}
