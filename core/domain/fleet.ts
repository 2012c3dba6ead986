/** All jobs at a glance: how far behind each is, what it costs, and what only a person can do for it. */
import type { Cost } from './cost.ts'
import { faultEntry } from './faults.ts'
import type { Image, Job, Sync } from './job.ts'
import { isOver } from './life.ts'

export interface FleetFacts {
  readonly job: Job
  readonly running: Sync | null
  /** When what it is doing last moved: a byte, a percent; null when nothing of it was heard yet. */
  readonly movedAt: Date | null
  /** The last sync that went through. */
  readonly last: Pick<Sync, 'number' | 'startedAt' | 'transferredAt' | 'endedAt'> | null
  readonly images: number
  readonly verdict: Image['verdict']
  /** Of everything that it has in the cloud, a sum per currency; and how many things have no price. */
  readonly costs: readonly Cost[]
  readonly unpriced: number
  /** Requests for approval that wait now. */
  readonly approvals: readonly number[]
  /** When its source's agent was last heard of; null when none has enrolled. */
  readonly seenAt: Date | null
}

/** Something that waits for a person, and the command that goes on from there. */
export interface Need {
  readonly what: string
  readonly command: string
}

/**
 * How old the bytes in the newest image are, in milliseconds: what a cutover without a last sync would lose. Null while
 * there is no image; after the end nothing grows older.
 */
export function lagOf({ job, last }: FleetFacts, now: Date): number | null {
  const at = last?.transferredAt ?? last?.endedAt ?? null
  if (at === null || isOver(job.state)) return null
  return Math.max(0, now.getTime() - at.getTime())
}

/** What waits for people, the most pressing first; none when all goes by itself. `silenceMs`: of an agent that is gone. */
export function needsOf(facts: FleetFacts, now: Date, silenceMs: number): readonly Need[] {
  const { job, approvals, seenAt } = facts
  const needs: Need[] = approvals.map((number) => ({
    what: `request ${number} waits for approval`,
    command: `approve ${number}`,
  }))
  if (job.state === 'error') {
    const why = job.fault === null ? '' : `: ${faultEntry(job.fault.code).title}`
    needs.push({ what: `in Error${why}`, command: `troubleshoot ${job.name}` })
  }
  if (job.state === 'drill-exception')
    needs.push({ what: 'its drill found Critical items', command: `report ${job.name}` })
  if (job.state === 'paused') needs.push({ what: 'Paused', command: `resume ${job.name}` })
  if (job.state === 'ready') needs.push({ what: 'not started', command: `start ${job.name}` })
  const isSilent = seenAt === null || now.getTime() - seenAt.getTime() > silenceMs
  if (isSilent && !isOver(job.state))
    needs.push({ what: 'its agent is silent', command: `troubleshoot ${job.name}` })
  return needs
}
