import { createHash, timingSafeEqual } from 'node:crypto'
import type { Person, Policy } from '../domain/policy.ts'

/**
 * The person whose token this is. Every token of the policy is compared, whether one has matched or not, so that
 * the time taken tells nothing.
 */
export function personOfToken(policy: Policy, token: string): Person | undefined {
  const given = createHash('sha256').update(token).digest()
  let found: Person | undefined
  for (const person of policy.people)
    for (const hash of person.tokens)
      if (timingSafeEqual(given, Buffer.from(hash.slice('sha256:'.length), 'hex'))) found = person
  return found
}

/** The person that a Slack user is. */
export function personOfSlack(policy: Policy, userId: string): Person | undefined {
  return policy.people.find((person) => person.slack === userId)
}

/**
 * The person that an account of GitHub is. A number in the policy file decides alone: a login can be given up and
 * taken by somebody else, so it counts only for who has no number there.
 */
export function personOfGitHub(
  policy: Pick<Policy, 'people'>,
  { id, login }: { readonly id: number; readonly login: string },
): Person | undefined {
  return (
    policy.people.find((person) => person.github_id === String(id)) ??
    policy.people.find(
      (person) => person.github_id === undefined && person.github?.toLowerCase() === login.toLowerCase(),
    )
  )
}
