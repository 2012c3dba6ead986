/**
 * Reviews of deployments: where an environment has reviewers of GitHub’s own beside Ferry, the click of one of them is
 * their decision on Ferry’s request too. One click, one decision, whichever door it came through.
 */
import type { App } from '../../core/app/assemble.ts'
import type { Gate } from '../../core/app/github.ts'
import type { ReviewEvent } from './events.ts'
import { sentenceReport } from './gate-words.ts'
import { report } from './gates.ts'
import type { GitHubParts } from './parts.ts'

/** Takes a review as `approve` or `deny` of who gave it. Throws while the request has not been made yet. Repeatable. */
export async function takeReview({ app, client }: GitHubParts, event: ReviewEvent): Promise<string> {
  const guarded = event.environments.filter((name) => app.github.isGuarded(event.repository, name))
  if (guarded.length === 0) return 'Ferry does not guard this environment'
  const gates = (
    await app.github.gates.ofRun({
      ...{ issuer: app.github.issuer(), repositoryId: String(event.repositoryId) },
      ...{ runId: String(event.run), attempt: String(event.attempt) },
    })
  ).filter(({ environment }) => guarded.some((name) => name.toLowerCase() === environment.toLowerCase()))
  if (gates.length === 0 || gates.some((gate) => gate.approval === null && gate.decision === null))
    throw new Error('the review has come before the request')
  const outcomes: string[] = []
  for (const gate of gates.filter(({ decision }) => decision === null)) {
    const outcome = await decide(app, gate, event)
    outcomes.push(outcome.code)
    if (outcome.sentence === undefined) continue
    const call = await client.in(event.repository, event.installation)
    await report(app, call, gate, sentenceReport(outcome.sentence))
  }
  return outcomes.join(', ') || 'decided already'
}

/** `sentence`: what stands in the way, for those who look at the run. */
async function decide(
  app: App,
  gate: Gate,
  { from, isApproved, comment }: ReviewEvent,
): Promise<{ readonly code: string; readonly sentence?: string }> {
  const number = gate.approval ?? 0
  const person = app.github.person(from)
  if (person === undefined)
    return {
      code: 'not-known',
      sentence: `The review of ${from.login} does not count for request ${number}: ferry.yaml does not know this account (github_id: ${from.id}).`,
    }
  const reason = wordsOf(comment)
  const reply = await app.execute(
    isApproved
      ? { command: 'approve', raw: { request: String(number), ...(reason === '' ? {} : { reason }) } }
      : { command: 'deny', raw: { request: String(number), reason: reason || 'rejected in GitHub' } },
    { person, door: 'github' },
  )
  if (reply.outcome === 'refused') return { code: reply.code, sentence: reply.title }
  return { code: reply.code }
}

/** A comment of a person as the one line that a reason is. */
function wordsOf(comment: string): string {
  return (
    comment
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u001f\u007f]|\p{Surrogate}/gu, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 200)
      .replace(/\p{Surrogate}/gu, '')
  )
}
