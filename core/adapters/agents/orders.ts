import type { OrdersReply, SendSettings, SyncOrder } from '../../../agent/protocol/control.ts'
import { OrdersRequest } from '../../../agent/protocol/control.ts'
import { signTicket } from '../../../agent/protocol/ticket.ts'
import type { Compression, Job } from '../../domain/job.ts'
import type { Clock } from '../../ports/clock.ts'
import type { OrderFacts } from '../../ports/machines.ts'
import type { Store } from '../../ports/store.ts'
import { message } from './body.ts'
import { jobDisks } from './disks.ts'
import type { TicketKey } from './keys.ts'
import { nextTask, refuseTasks } from './tasks.ts'

/** How orders are carried out, unless the installation says otherwise. */
export interface TransferSettings {
  readonly connections: number
  readonly compression: Compression
}

export const TRANSFER: TransferSettings = { connections: 2, compression: 'auto' }

/** How long a request for orders is held open. */
const HOLD_MS = 25_000
/** Nothing wakes a request when a receiver registers, so an order that waits for one is looked at again this often. */
const LOOK_AGAIN_MS = 1_000
/** How long a ticket lets an agent write. */
const TICKET_LIFE_MS = 600_000

/** A ticket for this order, valid from now on; undefined until its receiver has registered and can be reached. */
export function ticketFor(facts: OrderFacts, key: TicketKey, clock: Clock): string | undefined {
  const { receiver, address } = facts.intermediate
  if (receiver === undefined || address === undefined || address === '') return undefined
  return signTicket(
    {
      job: facts.job.id,
      sync: facts.sync.id,
      epoch: facts.epoch,
      receiver: { machine: receiver.machineId, tlsPin: receiver.tlsPin },
      disks: facts.disks.map(({ index, sizeBytes }) => ({ index, sizeBytes })),
      expiresAt: clock.now().getTime() + TICKET_LIFE_MS,
    },
    key.privateKey,
  )
}

/** How a job's blocks are to be sent now. */
export function sendSettings(
  job: Pick<Job, 'bytesPerSecond' | 'compression'>,
  transfer: TransferSettings,
): SendSettings {
  return { bytesPerSecond: job.bytesPerSecond, compression: job.compression ?? transfer.compression }
}

/** The order as the agent gets it; undefined until its receiver can take blocks. */
function syncOrder(
  facts: OrderFacts,
  key: TicketKey,
  clock: Clock,
  transfer: TransferSettings,
): SyncOrder | undefined {
  const ticket = ticketFor(facts, key, clock)
  const { receiver, address } = facts.intermediate
  if (ticket === undefined || receiver === undefined || address === undefined) return undefined
  return {
    kind: 'sync',
    sync: facts.sync.id,
    epoch: facts.epoch,
    ticket,
    receiver: { host: address, port: receiver.port },
    disks: facts.disks.map(({ index, path, identity, sizeBytes }) => ({ index, path, identity, sizeBytes })),
    connections: facts.job.connections ?? transfer.connections,
    holdMs: facts.job.holdMs,
    ...sendSettings(facts.job, transfer),
  }
}

/** Answers an agent with what it is to do, as soon as there is something new, else with nothing after a while. */
export function ordering(parts: {
  readonly store: Pick<Store, 'sources' | 'orders' | 'tasks' | 'intermediates'>
  readonly clock: Clock
  readonly ticketKey: TicketKey
  readonly transfer: TransferSettings
}): (
  body: string,
  agent: { readonly id: string; readonly sourceId: string },
  signal: AbortSignal,
) => Promise<OrdersReply> {
  const { store, clock } = parts
  return async (body, agent, signal) => {
    const asked = message(OrdersRequest, body)
    await store.sources.seen(agent.id, asked.version, jobDisks(asked.disks))
    if (asked.tasks === undefined) await refuseTasks(store, agent.sourceId, asked.version)
    const until = clock.now().getTime() + HOLD_MS
    for (;;) {
      const task = await nextTask(parts, agent, asked.tasks ?? [])
      const facts = await store.orders.forSource(agent.sourceId)
      // An agent that works on this very order knows it; answering at once would only make it ask again at once.
      const isKnown = facts?.sync.id === asked.working?.sync && facts?.epoch === asked.working?.epoch
      const fresh = facts === undefined || isKnown ? undefined : facts
      const order = fresh && syncOrder(fresh, parts.ticketKey, clock, parts.transfer)
      const leftMs = until - clock.now().getTime()
      if (order !== undefined || task !== undefined)
        return { order: order ?? null, ...(task === undefined ? {} : { task }) }
      if (leftMs <= 0 || signal.aborted) return { order: null }
      await store.orders.wait(
        agent.sourceId,
        fresh === undefined ? leftMs : Math.min(leftMs, LOOK_AGAIN_MS),
        signal,
      )
    }
  }
}
