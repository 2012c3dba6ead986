/** The policy in force. It is read again when somebody asks, and replaced as a whole or not at all. */
import { readPolicyFile } from '../config/policy-file.ts'
import type { Policy } from '../domain/policy.ts'
import type { Log } from '../ports/log.ts'
import type { Store } from '../ports/store.ts'
import { cloudProblems } from './engine-settings.ts'

export interface LivePolicy {
  readonly current: () => Policy
  /**
   * Reads the file again. A bad one changes nothing: all its problems are logged and the former policy stays in
   * force. Either way the audit says so. What has begun goes on as it began; the next command, approval or step is
   * held to the new policy. Each replica reads for itself.
   */
  readonly reload: () => Promise<void>
}

export function livePolicy(
  first: Policy,
  parts: { readonly path: string; readonly store: Pick<Store, 'audit'>; readonly log: Log },
): LivePolicy {
  const { path, store, log } = parts
  let policy = first
  const tell = (outcome: string, facts: Readonly<Record<string, string | number>>): Promise<void> =>
    store.audit.add({ actor: { person: 'ferry', door: 'engine' }, action: 'policy.reload', outcome, facts })

  return {
    current: () => policy,
    reload: async () => {
      const read = readPolicyFile(path)
      const problems = 'problems' in read ? read.problems : unfit(policy, read.policy)
      if ('problems' in read || problems.length > 0) {
        log.warn('the policy file is refused; the former policy stays in force', { path, problems })
        return tell('refused', { problems: problems.length, first: problems[0] ?? '' })
      }
      const changed = sectionsChanged(policy, read.policy)
      policy = read.policy
      log.info('the policy file has been read again', { path, changed })
      return tell('done', { changed: changed.join(', ') || 'nothing' })
    },
  }
}

/** What a bot that runs cannot take. */
function unfit(now: Policy, next: Policy): readonly string[] {
  const moved = now.cloud.region !== next.cloud.region
  return [
    ...cloudProblems(next),
    ...(moved ? [`cloud.region: from ${now.cloud.region} to another region only by a restart.`] : []),
  ]
}

function sectionsChanged(now: Policy, next: Policy): readonly string[] {
  return (Object.keys(next) as (keyof Policy)[]).filter(
    (section) => JSON.stringify(now[section]) !== JSON.stringify(next[section]),
  )
}
