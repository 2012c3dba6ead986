import type { DiskProgress, ReportReply } from '../../../agent/protocol/control.ts'
import { AgentReport } from '../../../agent/protocol/control.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Store } from '../../ports/store.ts'
import { TurnedAway } from './answer.ts'
import { message } from './body.ts'
import type { TicketKey } from './keys.ts'
import type { TransferSettings } from './orders.ts'
import { sendSettings, ticketFor } from './orders.ts'

/**
 * How often a working agent gets a new ticket. Tickets last 10 minutes: one lost reply, or a change of replica,
 * leaves time for the next.
 */
const RENEW_MS = 180_000

/** Takes in what agents report of their syncs, and tells them to go on or to stop. */
export function agentReporting(parts: {
  readonly store: Pick<Store, 'orders' | 'syncs' | 'jobs'>
  readonly clock: Clock
  readonly ticketKey: TicketKey
  readonly transfer: TransferSettings
}): (body: string, agent: { readonly sourceId: string }) => Promise<ReportReply> {
  const { store, clock } = parts
  /** When a ticket was last handed out with a report, by sync. A cache: forgetting it costs one ticket more. */
  const renewedAt = new Map<string, number>()

  const renewed = async (sourceId: string, report: AgentReport): Promise<string | undefined> => {
    const now = clock.now().getTime()
    const key = `${report.sync}:${report.epoch}`
    const last = renewedAt.get(key)
    if (last !== undefined && now - last < RENEW_MS) return undefined
    for (const [other, at] of renewedAt) if (now - at > 2 * RENEW_MS) renewedAt.delete(other)
    renewedAt.set(key, now)
    const facts = await store.orders.forSource(sourceId)
    if (facts?.sync.id !== report.sync || facts.epoch !== report.epoch) return undefined
    return ticketFor(facts, parts.ticketKey, clock)
  }

  return async (body, agent) => {
    const report = message(AgentReport, body)
    const sync = await store.syncs.byId(report.sync)
    const job = sync && (await store.jobs.byId(sync.jobId))
    if (job?.sourceId !== agent.sourceId) throw new TurnedAway(403, 'This sync is not one of this source.')
    const { inForce } = await store.orders.agentReported(report.sync, report.epoch, {
      status: report.status,
      phase: report.phase,
      ...totals(report.disks),
      wireBytes: report.wireBytes,
      limitedBy: report.limitedBy,
      comparison: report.comparison,
      roots: report.status === 'done' ? rootsOf(report.disks) : null,
      instant: report.instant ?? null,
      fault: report.fault ?? null,
    })
    if (!inForce) return { control: 'stop' }
    if (report.status !== 'working') return { control: 'continue' }
    const ticket = await renewed(agent.sourceId, report)
    // Said every time: an agent that missed it once hears it with its next report.
    const send = sendSettings(job, parts.transfer)
    return { control: 'continue', send, ...(ticket === undefined ? {} : { ticket }) }
  }
}

/** One root per disk, in the order of their index: only with all of them is a sync done. */
function rootsOf(disks: readonly DiskProgress[]): readonly string[] {
  return [...disks]
    .sort((a, b) => a.index - b.index)
    .map(({ index, root }) => {
      if (root === undefined) throw new TurnedAway(400, `disks: disk ${index} is done but names no root.`)
      return root
    })
}

function totals(
  disks: readonly DiskProgress[],
): Record<'totalBytes' | 'comparedBytes' | 'changedBytes' | 'appliedBytes', number> {
  const sum = (field: 'totalBytes' | 'comparedBytes' | 'changedBytes' | 'appliedBytes'): number =>
    disks.reduce((total, disk) => total + disk[field], 0)
  return {
    totalBytes: sum('totalBytes'),
    comparedBytes: sum('comparedBytes'),
    changedBytes: sum('changedBytes'),
    appliedBytes: sum('appliedBytes'),
  }
}
