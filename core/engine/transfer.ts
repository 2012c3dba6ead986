/**
 * One sync's blocks: the agent is ordered to compare and send, and this process watches until both sides hold the
 * same bytes. The order is a row in the store; agents fetch it themselves, and an agent that was restarted fetches
 * the same order again. A process that takes over a sync whose agent is moving leaves it alone.
 */
import { Fault } from '../domain/faults.ts'
import type { FaultCode } from '../domain/faults.ts'
import { FAULTS } from '../domain/faults.ts'
import type { Sync } from '../domain/job.ts'
import type { SyncWork } from '../ports/jobs.ts'
import type { JobWork } from './work.ts'

/** Returns once the roots of both sides are equal and stored. Throws what stopped it as a `Fault`. */
export async function transfer(work: JobWork, sync: Sync): Promise<void> {
  const { store, clock, settings } = work.parts
  await agentOnline(work)
  const standing = await store.syncs.work(sync.id)
  if (!isAlive(standing, clock.now().getTime(), settings.timings.agentSilenceMs))
    await store.syncs.order(sync.id, work.claim.epoch)
  const orderedAt = clock.now().getTime()
  for (;;) {
    const state = await store.syncs.work(sync.id)
    if (state === undefined) throw new Error(`sync ${sync.id} has no row`)
    const roots = agreedRoots(state)
    if (roots !== undefined) {
      await store.syncs.setTransferred(sync.id, roots)
      return
    }
    throwIfStuck(state, orderedAt, clock.now().getTime(), settings.timings)
    await work.sleep(settings.timings.lookMs)
    await work.look()
  }
}

/** Waits for the source's agent; a source that is being restarted gets the time that silence takes to count. */
async function agentOnline(work: JobWork): Promise<void> {
  const { store, clock, settings } = work.parts
  const { lookMs, agentSilenceMs } = settings.timings
  await work.until(
    async () => {
      const source = await store.sources.byId(work.job.sourceId)
      const seenAt = source?.agent?.seenAt.getTime() ?? 0
      return clock.now().getTime() - seenAt < agentSilenceMs ? true : undefined
    },
    lookMs,
    agentSilenceMs,
    () => new Fault('AGENT_OFFLINE', 'the agent on the source has not been heard of'),
  )
}

function isAlive(state: SyncWork | undefined, now: number, silenceMs: number): boolean {
  if (state?.epoch == null || state.agent.reportedAt === null) return false
  const isMoving = state.agent.status === 'working' || state.agent.status === 'done'
  return isMoving && now - state.agent.reportedAt.getTime() < silenceMs
}

/** The roots, once agent and receiver have both told theirs and they are equal. */
function agreedRoots(state: SyncWork): readonly string[] | undefined {
  const { agent, receiver } = state
  if (agent.status !== 'done' || agent.roots === null || receiver.sealedRoots === null) return undefined
  const sealed = receiver.sealedRoots
  const differing = agent.roots.findIndex((root, index) => root !== sealed[index])
  if (differing !== -1 || agent.roots.length !== sealed.length)
    throw new Fault('ROOTS_DIFFER', 'the roots of both sides differ after the sync', { disk: differing })
  return agent.roots
}

/** Turns what agent and receiver complain of, and what they no longer say, into a fault. */
function throwIfStuck(
  state: SyncWork,
  orderedAt: number,
  now: number,
  timings: {
    readonly agentSilenceMs: number
    readonly stalledMs: number
    readonly receiverSilenceMs: number
  },
): void {
  const { agent, receiver } = state
  if (receiver.fault !== null) throw toldBy('the receiver', receiver.fault)
  if (agent.status === 'failed' && agent.fault !== null) throw toldBy('the agent on the source', agent.fault)
  const heardAt = Math.max(agent.reportedAt?.getTime() ?? 0, orderedAt)
  if (agent.status === 'done') {
    if (now - heardAt > timings.receiverSilenceMs)
      throw new Fault(
        'RECEIVER_UNREACHABLE',
        'the agent has sent everything but the receiver has not confirmed it',
      )
    return
  }
  if (now - heardAt > timings.agentSilenceMs)
    throw new Fault('AGENT_OFFLINE', 'the agent has stopped reporting in mid-sync')
  const movedAt = Math.max(agent.movedAt?.getTime() ?? 0, orderedAt)
  if (now - movedAt > timings.stalledMs)
    throw new Fault('NOT_MOVING', 'no byte was compared or applied for minutes')
}

function toldBy(who: string, { code, detail }: { readonly code: string; readonly detail: string }): Fault {
  return new Fault(code in FAULTS ? (code as FaultCode) : 'INTERNAL', `${who} says: ${detail}`)
}
