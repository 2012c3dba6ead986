/**
 * Pausing: leads a job to a safe point. An agent is told to stop at its next report and says so within seconds; one
 * that stays silent is fenced off by the next epoch. An image that is being made is finished first: that call cannot
 * be taken back, and the blocks it needs are all there.
 */
import { Fault } from '../domain/faults.ts'
import type { Sync } from '../domain/job.ts'
import { afterSync } from '../domain/schedule.ts'
import { readyIntermediate } from './intermediate.ts'
import { makeImage } from './make-image.ts'
import { isLastSync } from './run-sync.ts'
import type { JobWork } from './work.ts'

export async function pause(work: JobWork): Promise<void> {
  const { store } = work.parts
  const sync = await store.syncs.running(work.job.id)
  if (sync !== undefined && sync.transferredAt !== null) {
    await makeImage(work, sync, await readyIntermediate(work))
    const end = work.parts.clock.now()
    await work.tell('paused', (job) => ({
      // The sync has ended all the same: a changed interval comes into force (S6), only nothing is due.
      set: {
        ...afterSync(job, end),
        nextSyncAt: null,
        resume: isLastSync(job, sync) ? 'completing' : 'waiting',
      },
      endSync: { result: 'ok' },
    }))
    return
  }
  if (sync !== undefined) await stopAgent(work, sync)
  await work.tell('paused')
}

/** Takes the order back and waits until the agent has stopped, or has been silent for so long that it counts as gone. */
export async function stopAgent(work: JobWork, sync: Sync): Promise<void> {
  const { store, clock, settings } = work.parts
  const { lookMs, agentSilenceMs } = settings.timings
  await store.syncs.withdraw(sync.id)
  await work.until(
    async () => {
      const state = await store.syncs.work(sync.id)
      const heardAt = state?.agent.reportedAt?.getTime() ?? 0
      const hasStopped = state?.agent.status !== 'working' || clock.now().getTime() - heardAt > agentSilenceMs
      return hasStopped ? true : undefined
    },
    lookMs,
    2 * agentSilenceMs,
    () => new Fault('AGENT_OFFLINE', 'the agent has not stopped'),
  )
}
