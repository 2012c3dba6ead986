/**
 * Carries the open cutovers on: asks for what comes next, as the person who has said that it may, through the very
 * commands that people use. Nothing is kept between two looks: what is asked for follows from the jobs' true state, so
 * a look may be repeated, dropped, or made by two replicas at once.
 */
import { factsOf } from '../commands/describe-cutover.ts'
import type { Looking } from '../commands/define.ts'
import type { Reply } from '../commands/reply.ts'
import type { Cutover } from '../domain/cutover.ts'
import { withObstacle } from '../domain/cutover.ts'
import type { JobFacts } from '../domain/cutover-steps.ts'
import type { Ask as Asked } from '../domain/cutover-wave.ts'
import { nextAsks } from '../domain/cutover-wave.ts'
import { formatMoment } from '../domain/duration.ts'
import type { Log } from '../ports/log.ts'
import type { Ask } from './ask.ts'

export interface CutoverParts extends Looking {
  readonly log: Log
  readonly ask: Ask
}

export async function carryCutovers(parts: CutoverParts): Promise<void> {
  for (const cutover of await parts.store.cutovers.open()) {
    try {
      await carryOn(parts, cutover)
    } catch (error) {
      parts.log.warn('a cutover could not be carried on now', { cutover: cutover.number, error })
    }
  }
}

async function carryOn(parts: CutoverParts, cutover: Cutover): Promise<void> {
  const [facts, now] = await Promise.all([factsOf(parts, cutover), parts.store.now()])
  for (const asked of nextAsks(cutover, facts, now).asks) {
    // Somebody may have stopped it since it was looked at.
    const current = await parts.store.cutovers.byNumber(cutover.number)
    if (current?.version !== cutover.version) return
    const reply = await askFor(parts, asked)
    const of = facts.find(({ job }) => job.name === asked.job)
    if (reply.outcome === 'refused' && of !== undefined) return note(parts, cutover, of, reply, now)
    await takeBackIfEnded(parts, cutover, asked, reply)
  }
}

async function askFor(
  { policy, ask }: CutoverParts,
  { command, job, as, staleSince }: Asked,
): Promise<Reply> {
  if (staleSince !== undefined)
    return {
      ...{ outcome: 'refused', code: 'said-long-ago', facts: {} },
      title: `${as} said at ${formatMoment(staleSince)} that the services of ${job} are stopped, which is long ago: \`cutover check services-stopped ${job}\` says it anew.`,
    }
  const person = policy.people.find(({ name }) => name === as)
  if (person === undefined)
    return {
      ...{ outcome: 'refused', code: 'not-allowed', facts: {} },
      title: `${as}, who said that ${job} may be completed, is no longer in the policy file.`,
    }
  const raw = command === 'complete' ? { job, 'last-sync': 'true', 'services-stopped': 'true' } : { job }
  return ask({ command, raw }, { person, door: 'engine' }, { confirmed: true })
}

/** Written down with the cutover: it is shown there, and the same is not asked again before something has changed. */
async function note(
  { store }: CutoverParts,
  cutover: Cutover,
  { job }: JobFacts,
  { code, title }: Reply,
  at: Date,
): Promise<void> {
  await store.cutovers.change(withObstacle(cutover, job.name, { code, title, at, jobVersion: job.version }))
}

/** Stopped at the very moment of the ask: a request that nobody wants any more must not be approved. */
async function takeBackIfEnded(
  { store }: CutoverParts,
  { number }: Cutover,
  { as }: Asked,
  { data }: Reply,
): Promise<void> {
  const request = data?.['approval']
  if (typeof request !== 'number' || (await store.cutovers.byNumber(number))?.ended == null) return
  const actor = { person: 'ferry', door: 'engine' } as const
  await store.approvals.withdraw(request, as, { actor, action: 'cutover stop', outcome: 'request ended' })
}
