/** Which channels a notice goes to, by the rules of the policy file. */
import { namesJob } from './job-pattern.ts'
import type { Policy } from './policy.ts'

/** From the least to the most serious. */
export const SEVERITIES = ['info', 'warning', 'error'] as const
export type Severity = (typeof SEVERITIES)[number]

/**
 * The channels in the order of the rules, each once. A notice of no job (a tick’s, the installation’s) goes where
 * the rules for every job lead. None when no rule speaks of it.
 */
export function routesOf(
  policy: Pick<Policy, 'notices'>,
  notice: { readonly job: string | null; readonly severity: Severity },
): readonly string[] {
  const channels = policy.notices
    .filter(({ jobs }) => (notice.job === null ? jobs === '*' : namesJob(jobs, notice.job)))
    .filter(({ severity }) => SEVERITIES.indexOf(notice.severity) >= SEVERITIES.indexOf(severity))
    .map(({ channel }) => channel)
  return [...new Set(channels)]
}
