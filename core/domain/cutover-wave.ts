/** What a cutover does by itself: whose turn it is, what holds the wave up, what is asked for next. */
import type { Cutover } from './cutover.ts'
import type { JobFacts, Step } from './cutover-steps.ts'
import { isAskedAnew, stepsOf } from './cutover-steps.ts'

/** What the wave asks for, as the person who has said that it may. */
export interface Ask {
  readonly command: 'complete' | 'verify'
  readonly job: string
  readonly as: string
  /** Since when that was said, where it has been too long to be relied upon. */
  readonly staleSince?: Date
}

export interface Wave {
  readonly asks: readonly Ask[]
  /** Why no further job begins; null when nothing holds the wave up. */
  readonly halted: string | null
}

/** After a refusal the same is asked again once the job has changed, or so much later. */
export const ASK_AGAIN_MS = 60_000

/** A night. Whoever stopped services then, and came no further, has started them again: that is said anew. */
const TICK_HOLDS_MS = 12 * 3_600_000

/**
 * The next asks. A job's turn comes when all before it have begun, while fewer than `concurrency` are on their way; it
 * begins once somebody has said that its services are stopped. `facts`: in the order of the jobs.
 */
export function nextAsks(cutover: Cutover, facts: readonly JobFacts[], now: Date): Wave {
  if (cutover.ended !== null) return { asks: [], halted: null }
  const halted = haltedBy(cutover, facts)
  return {
    asks: [...(halted === null ? begins(cutover, facts, now) : []), ...checks(cutover, facts, now)],
    halted,
  }
}

/** The first failure that stands, if the wave stops on failures. */
function haltedBy({ stopsOnFailure }: Cutover, facts: readonly JobFacts[]): string | null {
  if (!stopsOnFailure) return null
  for (const each of facts) {
    const failed = stepsOf(each).find(({ state }) => state === 'failed')
    if (failed !== undefined) return `${each.job.name}: ${failed.step}: ${failed.detail}`
  }
  return null
}

function begins({ concurrency, verifies }: Cutover, facts: readonly JobFacts[], now: Date): readonly Ask[] {
  const asks: Ask[] = []
  let free = concurrency
  for (const each of facts) {
    const steps = stepsOf(each)
    if (isOver(steps, verifies)) continue
    if (hasBegun(each)) {
      free--
      continue
    }
    // Who comes later waits for who comes before, whether that one is ready or not.
    const tick = each.entry.ticks['services-stopped']
    if (free <= 0 || tick === undefined) break
    const isStale = now.getTime() - tick.at.getTime() > TICK_HOLDS_MS
    if (mayBeAsked(each, now))
      asks.push({
        ...{ command: 'complete', job: each.job.name, as: tick.by },
        ...(isStale ? { staleSince: tick.at } : {}),
      })
    free--
  }
  return asks
}

/** Whether a job has left its place to the next one: moved over, and verified if that belongs to it; or failed. */
function isOver(steps: readonly Step[], verifies: boolean): boolean {
  const stateOf = (name: Step['step']): Step['state'] | undefined =>
    steps.find(({ step }) => step === name)?.state
  if (steps.some(({ state }) => state === 'failed')) return true
  return stateOf('complete') === 'done' && (!verifies || stateOf('verify') === 'done')
}

/** Whether it is on its way: completing, or with a request that others are deciding on. */
export function hasBegun({ job, request }: JobFacts): boolean {
  return (
    job.completing ||
    job.state === 'completed' ||
    request?.status === 'open' ||
    request?.status === 'approved'
  )
}

function mayBeAsked({ job, request, entry }: JobFacts, now: Date): boolean {
  if (job.state !== 'waiting') return false
  const cameToNothing = request?.status === 'denied' || request?.status === 'expired'
  if (request !== undefined && cameToNothing && !isAskedAnew(entry, request)) return false
  return isTimeToAsk({ job, entry }, now)
}

function isTimeToAsk({ job, entry: { obstacle } }: Pick<JobFacts, 'job' | 'entry'>, now: Date): boolean {
  if (obstacle === null || obstacle.jobVersion !== job.version) return true
  return now.getTime() - obstacle.at.getTime() >= ASK_AGAIN_MS
}

/** Verifications of what has been moved over, each once: whatever comes of it stands. */
function checks(
  { verifies, roles, startedBy }: Cutover,
  facts: readonly JobFacts[],
  now: Date,
): readonly Ask[] {
  if (!verifies) return []
  return facts
    .filter(
      ({ job, image, verifying, entry }) =>
        job.state === 'completed' &&
        image?.verdict === null &&
        verifying === undefined &&
        entry.ticks['verified-by-hand'] === undefined &&
        isTimeToAsk({ job, entry }, now),
    )
    .map(({ job }) => ({ command: 'verify', job: job.name, as: roles.lead ?? startedBy }))
}
