/**
 * Whether a run of GitHub Actions is let in, and as whom: the claims of its token against the rules of the policy file.
 * The text of `sub` is never looked at: its form differs between accounts and changes with names, while the numbers of
 * a repository and of its owner never do.
 */
import { fits } from './job-pattern.ts'
import type { Person, Role } from './policy.ts'
import { mayAct } from './policy.ts'
import type { WorkflowRule } from './workflows.ts'

/** What a token says of a run, as far as Ferry looks at it; every value as GitHub wrote it. */
export interface RunClaims {
  readonly issuer: string
  readonly repository: string
  readonly repository_id: string
  readonly repository_owner_id: string
  readonly ref: string
  readonly environment: string | undefined
  readonly job_workflow_ref: string
  readonly event_name: string
  readonly runner_environment: string | undefined
  readonly actor: string
  readonly actor_id: string
  readonly run_id: string
  readonly run_attempt: string
  readonly sha: string
  /** The check that GitHub keeps of the job: its own for each job and attempt. Older servers do not tell. */
  readonly check_run_id: string | undefined
}

/** Why a run is not let in: a stable code, and a sentence that says what to change. */
export interface NotAdmitted {
  readonly code:
    | 'workflows-not-set-up'
    | 'repository-not-allowed'
    | 'ref-not-allowed'
    | 'environment-required'
    | 'workflow-not-allowed'
    | 'event-not-allowed'
    | 'runner-not-allowed'
  readonly sentence: string
}

/** The first rule that holds for a run; else what the rule that comes nearest asks for. */
export function ruleFor(
  rules: readonly WorkflowRule[],
  claims: RunClaims,
): { readonly rule: WorkflowRule } | NotAdmitted {
  if (rules.length === 0)
    return {
      code: 'workflows-not-set-up',
      sentence: 'No workflow may use this bot: ferry.yaml has no rules under workflows.',
    }
  let nearest: Unmet | undefined
  for (const rule of rules) {
    const isOfRepository =
      rule.issuer === claims.issuer &&
      rule.repository_id === claims.repository_id &&
      rule.repository_owner_id === claims.repository_owner_id
    if (!isOfRepository) continue
    const unmet = firstUnmet(rule, claims)
    if (unmet === undefined) return { rule }
    if (nearest === undefined || unmet.met > nearest.met) nearest = unmet
  }
  return (
    nearest?.why ?? {
      code: 'repository-not-allowed',
      sentence: `No rule under workflows in ferry.yaml is for the repository ${claims.repository} (repository_id ${claims.repository_id}, repository_owner_id ${claims.repository_owner_id}, issuer ${claims.issuer}).`,
    }
  )
}

interface Unmet {
  /** How many demands before it are met. */
  readonly met: number
  readonly why: NotAdmitted
}

function firstUnmet(rule: WorkflowRule, claims: RunClaims): Unmet | undefined {
  for (const [met, demand] of DEMANDS.entries()) {
    const why = demand(rule, claims)
    if (why !== undefined) return { met, why }
  }
  return undefined
}

type Demand = (rule: WorkflowRule, claims: RunClaims) => NotAdmitted | undefined

/** In the order in which people set a workflow up. */
const DEMANDS: readonly Demand[] = [
  ({ ref }, claims) =>
    ref.some((pattern) => fits(pattern, claims.ref))
      ? undefined
      : {
          code: 'ref-not-allowed',
          sentence: `The run is of ${claims.ref}; ferry.yaml allows ${ref.join(', ')}.`,
        },
  ({ event_name: events }, claims) =>
    events.includes(claims.event_name)
      ? undefined
      : {
          code: 'event-not-allowed',
          sentence: `The run was started by ${claims.event_name}; ferry.yaml allows ${events.join(', ')}.`,
        },
  ({ job_workflow_ref: files }, claims) =>
    files === undefined || files.some((pattern) => fits(pattern, claims.job_workflow_ref))
      ? undefined
      : {
          code: 'workflow-not-allowed',
          sentence: `The job is of ${claims.job_workflow_ref}; ferry.yaml allows ${files.join(', ')}.`,
        },
  ({ runner_environment: runner }, claims) =>
    runner === undefined || runner === claims.runner_environment
      ? undefined
      : { code: 'runner-not-allowed', sentence: `The job must run ${runner}.` },
  ({ environment }, claims) =>
    environment === undefined || environment.some((name) => name === claims.environment)
      ? undefined
      : {
          code: 'environment-required',
          sentence: `The job ${claims.environment === undefined ? 'names no environment' : `runs in the environment ${claims.environment}`}; ferry.yaml asks for \`environment: ${environment.join('` or `')}\` in the workflow.`,
        },
]

/**
 * Who a run acts as: the person of ferry.yaml who has started it, or the rule itself. A run of another GitHub than the
 * one that people's numbers are of has been started by nobody whom they name. When a run is started again, its
 * token still names who started it first: it acts as nobody then, with no more than both roles allow.
 */
export function whoRuns(
  people: readonly Person[],
  rule: Pick<WorkflowRule, 'name' | 'role'>,
  claims: Pick<RunClaims, 'issuer' | 'actor_id' | 'run_attempt'>,
  issuer: string,
): { readonly name: string; readonly role: Role; readonly isLinked: boolean } {
  const person =
    claims.issuer === issuer
      ? people.find(({ github_id: id }) => id !== undefined && id === claims.actor_id)
      : undefined
  const asRule = `workflow:${rule.name}`
  if (person === undefined) return { name: asRule, role: rule.role, isLinked: false }
  const role = mayAct(person.role, rule.role) ? rule.role : person.role
  const isLinked = isFirstAttempt(claims)
  return { name: isLinked ? person.name : asRule, role, isLinked }
}

/** Whether who is named as having started the run has started this attempt of it too. */
export const isFirstAttempt = ({ run_attempt: attempt }: Pick<RunClaims, 'run_attempt'>): boolean =>
  attempt === '1'
