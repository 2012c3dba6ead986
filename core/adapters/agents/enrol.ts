import type { EnrolReply } from '../../../agent/protocol/control.ts'
import { EnrolRequest } from '../../../agent/protocol/control.ts'
import { hashSecret } from '../../domain/secret.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Store } from '../../ports/store.ts'
import { TurnedAway } from './answer.ts'
import { message } from './body.ts'
import { jobDisks } from './disks.ts'
import type { TicketKey } from './keys.ts'
import { demandEd25519 } from './signed.ts'

const MOST_FAILURES = 10
const HOUR_MS = 3_600_000

/**
 * Makes agents known by their one-time code. Ten wrong codes in an hour close the door to an address for the rest
 * of that hour. The store counts the failures, so that replicas count together; that the count is full is kept here,
 * since a count cannot be read without adding to it.
 */
export function enrolment(parts: {
  readonly store: Pick<Store, 'sources' | 'firstSeen'>
  readonly clock: Clock
  readonly ticketKey: TicketKey
}): (body: string, address: string) => Promise<EnrolReply> {
  const closed = new Map<string, number>()

  /** Counts one more failure of this address. */
  const failed = async (address: string, hour: number): Promise<void> => {
    for (let nth = 1; nth <= MOST_FAILURES; nth++)
      if (await parts.store.firstSeen(`enrol-failed:${address}:${hour}:${nth}`, HOUR_MS)) {
        if (nth === MOST_FAILURES) closed.set(address, hour)
        return
      }
    closed.set(address, hour)
  }

  return async (body, address) => {
    const hour = Math.floor(parts.clock.now().getTime() / HOUR_MS)
    for (const [key, at] of closed) if (at !== hour) closed.delete(key)
    if (closed.has(address))
      throw new TurnedAway(429, 'Too many wrong codes came from this address. Try again in an hour.')
    const asked = message(EnrolRequest, body)
    demandEd25519(asked.publicKey)
    if (asked.host.os !== 'linux')
      throw new TurnedAway(
        422,
        `This server runs ${asked.host.os.replace(/[^\w.-]/g, '?')}. Ferry moves Linux servers only: what it copies must boot on the cloud as it is.`,
      )
    const enrolled = await parts.store.sources.enrol(
      hashSecret(asked.code.trim()),
      { publicKey: asked.publicKey, version: asked.version, host: asked.host, disks: jobDisks(asked.disks) },
      {
        actor: { person: 'agent', door: 'agent' },
        action: 'enrol.agent',
        outcome: 'done',
        facts: { address },
      },
    )
    if (enrolled === undefined) {
      await failed(address, hour)
      throw new TurnedAway(
        403,
        'The code is unknown, has expired or was used already. `enrol <source>` prints a new one.',
      )
    }
    return { machine: enrolled.agentId, source: enrolled.source.name, ticketKey: parts.ticketKey.publicKey }
  }
}
