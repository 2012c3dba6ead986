/** Workflow runs, as far as gates look at them. */
import type { Call } from './client.ts'
import { GitHubTrouble } from './trouble.ts'

interface Actor {
  readonly id: number
  readonly login: string
  readonly type?: string
}

export interface WorkflowRun {
  readonly id: number
  readonly run_attempt: number
  /** The name that `run-name:` gave it. */
  readonly display_title: string
  /** `waiting`, `in_progress`, `completed` … */
  readonly status: string
  readonly html_url: string
  /** `workflow_dispatch`, `push` … */
  readonly event: string
  /** Null of a deleted branch. */
  readonly head_branch: string | null
  readonly head_sha: string
  /** Who has started the run, and who has started this attempt of it. */
  readonly actor: Actor | null
  readonly triggering_actor: Actor | null
}

/** A run; undefined when GitHub knows none (any more). */
export async function findRun(call: Call, run: number | string): Promise<WorkflowRun | undefined> {
  try {
    return await call<WorkflowRun>('GET /repos/{owner}/{repo}/actions/runs/{run_id}', { run_id: Number(run) })
  } catch (error) {
    if (error instanceof GitHubTrouble && error.kind === 'gone') return undefined
    throw error
  }
}

/** Whether nothing of this attempt waits at a gate any more. */
export function isOver(run: WorkflowRun | undefined, attempt: string): boolean {
  return run === undefined || run.status === 'completed' || String(run.run_attempt) !== attempt
}

/** The environments at which jobs of a run wait, in lower case as GitHub compares them. */
export async function waitingAt(call: Call, run: number | string): Promise<readonly string[]> {
  const pending = await call<readonly { readonly environment: { readonly name?: string } }[]>(
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments',
    { run_id: Number(run) },
  )
  return pending.flatMap(({ environment }) => environment.name?.toLowerCase() ?? [])
}
