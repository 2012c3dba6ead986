import type { RegisterReply, ReportReply } from '../../../agent/protocol/control.ts'
import { ReceiverReport, RegisterRequest } from '../../../agent/protocol/control.ts'
import { hashSecret } from '../../domain/secret.ts'
import type { Store } from '../../ports/store.ts'
import { TurnedAway } from './answer.ts'
import { message } from './body.ts'
import type { TicketKey } from './keys.ts'
import { demandEd25519 } from './signed.ts'

/** Makes a receiver known by the one-time token of its UserData. */
export async function registerReceiver(
  body: string,
  store: Pick<Store, 'intermediates'>,
  ticketKey: TicketKey,
): Promise<RegisterReply> {
  const asked = message(RegisterRequest, body)
  demandEd25519(asked.publicKey)
  const { publicKey, tlsPin, port, version } = asked
  const known = await store.intermediates.register(hashSecret(asked.token), {
    publicKey,
    tlsPin,
    port,
    version,
  })
  if (known === undefined)
    throw new TurnedAway(
      403,
      'The token is unknown, belongs to an ended intermediate, or was used with another key.',
    )
  return { machine: known.machineId, ticketKey: ticketKey.publicKey }
}

/** Takes in what a receiver reports. Each report is a heartbeat too. */
export async function receiverReported(
  body: string,
  receiver: { readonly intermediateId: string },
  store: Pick<Store, 'intermediates' | 'orders' | 'syncs'>,
): Promise<ReportReply> {
  const report = message(ReceiverReport, body)
  const { sync, epoch, status } = report
  const endsSync = (status === 'sealed' || status === 'failed') && sync !== undefined && epoch !== undefined
  if (status === 'sealed' && !endsSync) throw new TurnedAway(400, 'A sealed report names its sync and epoch.')
  if (endsSync) {
    await demandOwn(sync, receiver.intermediateId, store)
    const disks = [...(report.disks ?? [])].sort((a, b) => a.index - b.index)
    if (status === 'sealed' && disks.length === 0)
      throw new TurnedAway(400, 'A sealed report names the roots of its disks.')
    await store.orders.receiverReported(sync, epoch, {
      roots: status === 'sealed' ? disks.map((disk) => disk.root) : null,
      fault: report.fault ?? null,
    })
  }
  // What concerns the receiver itself is kept with its intermediate; a plain heartbeat must not overwrite it.
  const concernsItself =
    status === 'inspected' ||
    (status === 'failed' && !endsSync) ||
    // How far an inspection is.
    (status === 'alive' && report.readBytes !== undefined)
  await store.intermediates.seen(receiver.intermediateId, concernsItself ? report : undefined)
  return { control: 'continue' }
}

/** A receiver knows one job: it may speak of that job's syncs only. */
async function demandOwn(
  syncId: string,
  intermediateId: string,
  store: Pick<Store, 'intermediates' | 'syncs'>,
): Promise<void> {
  const sync = await store.syncs.byId(syncId)
  const current = sync && (await store.intermediates.current(sync.jobId))
  if (current?.id !== intermediateId) throw new TurnedAway(403, 'This sync is not one of this receiver.')
}
