import type { Person, Role } from './policy.ts'
import { mayAct } from './policy.ts'

/**
 * The record that n people other than the requester agreed to one exact action on one exact job state. It is pinned
 * to the job's version: any move or change of settings voids it. One record serves every door.
 */
export interface Approval {
  /** What people type: `approve 17`. */
  readonly number: number
  readonly jobId: string
  readonly jobName: string
  readonly jobVersion: number
  readonly command: string
  /** The raw values as they were given; run again word for word when enough have agreed. */
  readonly args: Readonly<Record<string, string>>
  readonly requestedBy: string
  readonly requestedAt: Date
  readonly expiresAt: Date
  readonly needed: number
  readonly approvedBy: readonly string[]
  /** `run`: a workflow run that waits at its gate carries it out; else the last approval does. */
  readonly carriedOutBy: 'approval' | 'run'
  readonly status: 'open' | 'approved' | 'denied' | 'expired' | 'void' | 'used'
  /** What the approvers saw. */
  readonly evidence: Readonly<Record<string, string>>
  readonly reason: string | null
  readonly deniedBy: string | null
  /** When it was denied, used, voided or expired; null while it stands. */
  readonly endedAt: Date | null
}

/** How far a request is, as sentences end. */
export function standingWords({
  status,
  deniedBy,
  requestedBy,
}: Pick<Approval, 'status' | 'deniedBy' | 'requestedBy'>): string {
  if (status === 'denied') return deniedBy === requestedBy ? 'is withdrawn' : 'is denied'
  return STANDING[status]
}

const STANDING: Record<Exclude<Approval['status'], 'denied'>, string> = {
  open: 'waits for approval',
  approved: 'is approved and about to be carried out',
  expired: 'has expired',
  void: 'is void: the job has changed since',
  used: 'is approved and carried out',
}

/** How long a request for approval stands. */
export const APPROVAL_LIFE_MS = 60 * 60_000

/** What a workflow run has at least, once its gate is open, to carry out what was approved for it. */
export const RUN_HAS_MS = 15 * 60_000

/**
 * What the approvers saw and what is no more so, in one sentence; undefined when all of it stands. `now`: the facts on
 * which the decision rests, as they are now; what was shown beside them does not count.
 */
export function changedEvidence(
  seen: Approval['evidence'],
  now: Readonly<Record<string, string>>,
): string | undefined {
  const changed = Object.entries(now).find(([key, value]) => seen[key] !== value)
  return changed && `${changed[0]} was "${seen[changed[0]] ?? 'not shown'}" and is "${changed[1]}" now`
}

/** Why this person may not decide on this approval now; undefined when they may. `by`: the least role that may. */
export function whyNotDecide(
  approval: Pick<Approval, 'status' | 'requestedBy' | 'deniedBy' | 'approvedBy' | 'expiresAt' | 'jobVersion'>,
  person: Pick<Person, 'name' | 'role'>,
  job: { readonly version: number },
  now: Date,
  by: Extract<Role, 'approver' | 'admin'> = 'approver',
): string | undefined {
  if (approval.status === 'void' || (approval.status === 'open' && approval.jobVersion !== job.version))
    return 'the job has changed since it was made; ask again'
  if (approval.status !== 'open') return `it ${standingWords(approval)}`
  if (approval.expiresAt <= now) return 'it has expired; ask again'
  if (person.name === approval.requestedBy) return 'you asked for it yourself; somebody else must decide'
  if (!mayAct(person.role, by))
    return `${person.name} is ${person.role}; only an ${by === 'admin' ? 'admin' : 'approver or admin'} may decide`
  if (approval.approvedBy.includes(person.name)) return 'you have approved it already'
  return undefined
}
