/**
 * Every call of GitHub's API that Ferry makes, with the permission that it needs. The App's manifest is made of this
 * list, and nothing can be called that is not on it.
 */
export type Level = 'read' | 'write'

/** As a manifest names them. */
export type Permission =
  'actions' | 'checks' | 'contents' | 'deployments' | 'issues' | 'metadata' | 'pull_requests'

type Needs = Readonly<Partial<Record<Permission, Level>>>

/** A comment may stand in an issue or in a pull request, and GitHub asks for the permission of the one it is in. */
const WRITE_COMMENT: Needs = { issues: 'write', pull_requests: 'write' }
/** Asked as the App itself, by a token that its private key signs: no permission of an installation is needed. */
const AS_APP: Needs = {}

export const CALLS = {
  'GET /repos/{owner}/{repo}/installation': AS_APP,
  'GET /app/hook/deliveries': AS_APP,
  'POST /app/hook/deliveries/{delivery_id}/attempts': AS_APP,
  // Who comments, and what they may do there.
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission': { metadata: 'read' },
  'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions': WRITE_COMMENT,
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': { issues: 'read', pull_requests: 'read' },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': WRITE_COMMENT,
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': WRITE_COMMENT,
  // Workflow runs that wait at an environment.
  'GET /repos/{owner}/{repo}/actions/runs': { actions: 'read' },
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}': { actions: 'read' },
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments': { actions: 'read' },
  'POST /repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule': { deployments: 'write' },
  // Checks and deployments stand at a commit.
  'GET /repos/{owner}/{repo}/commits/{ref}': { contents: 'read' },
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': { checks: 'read' },
  'POST /repos/{owner}/{repo}/check-runs': { checks: 'write' },
  'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}': { checks: 'write' },
  'GET /repos/{owner}/{repo}/deployments': { deployments: 'read' },
  'POST /repos/{owner}/{repo}/deployments': { deployments: 'write' },
  'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses': { deployments: 'read' },
  'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses': { deployments: 'write' },
} as const satisfies Readonly<Record<string, Needs>>

export type Route = keyof typeof CALLS

/** What the App must be granted for all of it, and no more. */
export function permissions(): Readonly<Partial<Record<Permission, Level>>> {
  const granted: Partial<Record<Permission, Level>> = {}
  for (const needs of Object.values<Needs>(CALLS))
    for (const [permission, level] of Object.entries(needs) as [Permission, Level][])
      if (granted[permission] !== 'write') granted[permission] = level
  return granted
}
