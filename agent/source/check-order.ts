/** What an order must pass before a byte of a disk is read for it. */
import type { SourceDisk, SyncOrder } from '../protocol/control.ts'
import { Fault } from '../protocol/fault.ts'
import { readTicket, type Ticket } from '../protocol/ticket.ts'

/**
 * The order's disks as they are here, in its order. Only disks that this agent was set up with are ever read,
 * whatever path an order names. Throws Fault.
 */
export function disksOfOrder(order: Pick<SyncOrder, 'disks'>, present: readonly SourceDisk[]): SourceDisk[] {
  return order.disks.map((wanted) => {
    const disk = present.find(({ index, path }) => index === wanted.index && path === wanted.path)
    if (disk === undefined)
      throw new Fault('SOURCE_DISK_GONE', `disk ${wanted.index} (${wanted.path}) is not there`)
    if (disk.identity !== wanted.identity)
      throw new Fault(
        'DISK_CHANGED',
        `disk ${wanted.index} (${wanted.path}) is another one: ${disk.identity}`,
      )
    if (disk.sizeBytes !== wanted.sizeBytes)
      throw new Fault(
        'DISK_CHANGED',
        `disk ${wanted.index} (${wanted.path}) has ${disk.sizeBytes} bytes, it had ${wanted.sizeBytes}`,
      )
    return disk
  })
}

/** The order's ticket, if the bot signed it for exactly this. Throws Fault TICKET_REFUSED. */
export function ticketOfOrder(
  order: Pick<SyncOrder, 'ticket' | 'sync' | 'epoch' | 'disks'>,
  ticketKey: string,
  now: number,
): Ticket {
  const ticket = readTicket(order.ticket, ticketKey, now)
  if ('problem' in ticket) throw new Fault('TICKET_REFUSED', ticket.problem)
  if (ticket.sync !== order.sync || ticket.epoch !== order.epoch)
    throw new Fault('TICKET_REFUSED', 'the ticket is for another order')
  for (const disk of order.disks)
    if (!ticket.disks.some(({ index, sizeBytes }) => index === disk.index && sizeBytes === disk.sizeBytes))
      throw new Fault('TICKET_REFUSED', `the ticket does not allow disk ${disk.index}`)
  return ticket
}
