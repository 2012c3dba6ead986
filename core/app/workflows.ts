/** Runs of GitHub Actions as the doors see them: who is let in by the policy in force, and what the audit says of it. */
import { isFirstAttempt, ruleFor, whoRuns } from '../domain/admission.ts'
import type { NotAdmitted, RunClaims } from '../domain/admission.ts'
import { issuerOf } from '../domain/github-policy.ts'
import { runPage } from '../domain/run-page.ts'
import type { Policy } from '../domain/policy.ts'
import type { Store } from '../ports/store.ts'
import type { Who } from './ask.ts'

/** What a verified token says of a run. */
export type Run = RunClaims

export interface Admitted {
  readonly who: Who
  /** The name of the rule. */
  readonly rule: string
}

export interface Workflows {
  /** What tokens must be made for. */
  audience(): string
  /** Whose tokens are looked at at all. */
  issuers(): readonly string[]
  /** Asked for every request, so that a changed policy holds at once. */
  admit(run: Run): Admitted | NotAdmitted
  /** Writes down that a token was taken; `jti`: its own number. */
  opened(run: Run, admitted: Admitted, jti: string): Promise<void>
  /** The secret that sessions of this installation are signed with. */
  sessionSecret(): Promise<string>
}

export interface WorkflowParts {
  readonly policy: () => Policy
  readonly serverUrl: string
  readonly store: Pick<Store, 'audit' | 'once'>
  readonly makeSecret: () => string
}

export function createWorkflows({ policy, serverUrl, store, makeSecret }: WorkflowParts): Workflows {
  return {
    audience: () => policy().workflows.audience ?? serverUrl,
    issuers: () => [...new Set(policy().workflows.rules.map(({ issuer }) => issuer))],
    admit: (run) => {
      const inForce = policy()
      const { people, workflows } = inForce
      const found = ruleFor(workflows.rules, run)
      if ('code' in found) return found
      const { rule } = found
      const { name, role, isLinked } = whoRuns(people, rule, run, issuerOf(inForce))
      const person = {
        ...{ name, role, jobs: rule.jobs },
        ...(isLinked ? {} : { unknown: accountOf(run) }),
      }
      const key = {
        ...{ issuer: run.issuer, repositoryId: run.repository_id },
        ...{ runId: run.run_id, attempt: run.run_attempt, environment: run.environment },
      }
      return {
        rule: rule.name,
        who: { person, door: 'action', facts: factsOf(run), run: key, page: runPage(run) },
      }
    },
    opened: (run, { who, rule }, jti) =>
      store.audit.add({
        actor: { person: who.person.name, door: who.door, facts: factsOf(run) },
        action: 'workflow.session',
        outcome: 'opened',
        facts: {
          ...{ rule, jti, ref: run.ref, sha: run.sha, event: run.event_name, workflow: run.job_workflow_ref },
          ...(run.environment === undefined ? {} : { environment: run.environment }),
        },
      }),
    sessionSecret: () => store.once('workflow-session-secret', makeSecret),
  }
}

/** Who asks, where that is no person of ferry.yaml. */
function accountOf(run: Run): string {
  return isFirstAttempt(run)
    ? `the GitHub account ${run.actor} (${run.actor_id})`
    : `whoever started the run of ${run.actor} again`
}

/** What every entry of the audit says of a run. */
function factsOf(run: Run): Readonly<Record<string, string>> {
  return {
    repository: `${run.repository} (${run.repository_id})`,
    run: `${run.run_id}/${run.run_attempt}`,
    account: `${run.actor} (${run.actor_id})`,
  }
}
