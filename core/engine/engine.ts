import { randomUUID } from 'node:crypto'
import type { OutboxRow } from '../ports/notices.ts'
import { lookAtDestinations } from './destination.ts'
import type { Parts } from './parts.ts'
import { carryOutLaunches } from './launch.ts'
import { priceResources } from './price.ts'
import { reconcile } from './reconcile.ts'
import { Runner } from './runner.ts'
import { cleanUp, deliverNotices, expireApprovals, expireTasks } from './ticks.ts'
import { remindOfCosts, startDueSyncs } from './ticks.ts'
import { createWatch } from './watch.ts'

/** Something the clock wakes: a name, how often, and what it does then. */
export interface Tick {
  readonly name: string
  readonly everyMs: number
  readonly run: (signal: AbortSignal) => Promise<void>
}

interface Engine {
  /** For the clock adapter; running one twice or dropping one does no harm. */
  readonly ticks: readonly Tick[]
  start(): void
  /** Gives back what is being carried out; another process goes on with it at once. */
  stop(): Promise<void>
}

/** Everything that happens without being asked. `deliver` shows a notice to people; it may be called again after a crash. */
export function createEngine(parts: Parts, deliver: (notice: OutboxRow) => Promise<void>): Engine {
  const runner = new Runner(parts, randomUUID())
  const { dueTickMs, cleanUpTickMs, reconcileTickMs } = parts.settings.timings
  return {
    ticks: [
      { name: 'due-syncs', everyMs: dueTickMs, run: () => startDueSyncs(parts) },
      { name: 'launches', everyMs: dueTickMs, run: () => carryOutLaunches(parts) },
      { name: 'expired-approvals', everyMs: 15_000, run: () => expireApprovals(parts) },
      { name: 'expired-tasks', everyMs: dueTickMs, run: () => expireTasks(parts) },
      { name: 'clean-up', everyMs: cleanUpTickMs, run: () => cleanUp(parts) },
      { name: 'destinations', everyMs: dueTickMs, run: () => lookAtDestinations(parts) },
      { name: 'reconcile', everyMs: reconcileTickMs, run: () => reconcile(parts) },
      { name: 'prices', everyMs: cleanUpTickMs, run: () => priceResources(parts) },
      { name: 'cost-reminders', everyMs: 60_000, run: () => remindOfCosts(parts) },
      { name: 'watchdogs', everyMs: cleanUpTickMs, run: createWatch(parts) },
      { name: 'notices', everyMs: Math.min(2000, dueTickMs), run: () => deliverNotices(parts, deliver) },
    ],
    start: () => runner.start(),
    stop: () => runner.stop(),
  }
}
