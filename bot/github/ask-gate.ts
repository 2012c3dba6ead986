/** What a workflow run that waits wants of Ferry, asked in the name of who has started it. */
import type { App } from '../../core/app/assemble.ts'
import type { Gate } from '../../core/app/github.ts'
import { WORKFLOW_RUN } from '../../core/commands/final-step.ts'
import type { Verdict } from './gate-words.ts'
import type { WorkflowRun } from './runs.ts'

export type Asked =
  | Verdict
  | { readonly job: string; readonly requestedBy: string; readonly approval: number }
  /** It cannot be told now; the reason, for the log. */
  | { readonly again: string }

/** Replies that say nothing of the request, only of this moment. */
const NOT_NOW: readonly string[] = ['unavailable', 'internal', 'busy']

/** Asks for approval, or says why the run may go on or not. Repeatable: the same question makes one request. */
export async function askFor(app: App, gate: Gate, run: WorkflowRun): Promise<Asked> {
  const { actor, triggering_actor: again = actor } = run
  if (actor === null) return reject('GitHub does not say who has started this run.')
  // The run’s token names who started the run, not who started it again: the two must be one person.
  if (again !== null && again.id !== actor.id)
    return reject(
      `${again.login} has started a run of ${actor.login} again. Who wants the cutover starts a run of their own.`,
    )
  const person = app.github.person(actor)
  if (person === undefined)
    return reject(
      `Ferry does not know ${actor.login}, who has started this run: an admin adds github_id: ${actor.id} to a person in ferry.yaml.`,
    )
  const found = app.github.gateLine({
    ...{ repository: gate.repository, environment: gate.environment, runName: run.display_title },
  })
  if ('problem' in found) return reject(found.problem)
  const facts = {
    ...{ [WORKFLOW_RUN]: run.html_url, Environment: gate.environment, 'Started by': run.event },
    ...{ Branch: run.head_branch ?? 'none', Commit: run.head_sha },
  }
  const options = { confirmed: true, gate: { facts } }
  const reply = await app.execute(found.line, { person, door: 'github' }, options)
  if (NOT_NOW.includes(reply.code)) return { again: reply.title }
  if (reply.code === 'no-approval-needed') return { decision: 'approved', reason: reply.title }
  const approval = Number(reply.data?.['approval'])
  if (reply.code === 'approval-needed' && approval > 0)
    return { job: found.job, requestedBy: person.name, approval }
  return reject(reply.title)
}

const reject = (reason: string): Verdict => ({ decision: 'rejected', reason })
