/** Brings notices to people: from the outbox into the lines of their places, and from each line to its door, in order. */
import { randomUUID } from 'node:crypto'
import { viewNotices, worstOf } from '../commands/view-notices.ts'
import { FLOOD_MS, nextDigest, nextMessage } from '../domain/digest.ts'
import { livePlacesOf, routesOf } from '../domain/notice-routes.ts'
import type { Where } from '../domain/notice-routes.ts'
import type { Policy } from '../domain/policy.ts'
import type { DoorName } from '../domain/post.ts'
import { tryAgainMs } from '../domain/post.ts'
import type { Line } from '../ports/deliveries.ts'
import type { Clock } from '../ports/clock.ts'
import type { OutboxRow } from '../ports/notices.ts'
import type { Log } from '../ports/log.ts'
import type { Store } from '../ports/store.ts'
import type { Allowance } from './allowance.ts'
import type { Door } from './doors.ts'
import { DoorBusy, PlaceGone } from './doors.ts'
import { byHands } from './hands.ts'
import { inTime } from './show-posts.ts'

const LEASE_MS = 40_000

export interface TellParts {
  readonly store: Store
  readonly clock: Clock
  readonly policy: Policy
  readonly log: Log
}

/**
 * Puts one notice into the lines of the places that the policy names, of the doors that are there. It is in the log in
 * any case. Repeatable: a notice is in a line once.
 */
export async function spread(
  { store, clock, policy, log }: TellParts,
  doors: ReadonlySet<DoorName>,
  notice: OutboxRow,
): Promise<void> {
  const level = notice.severity === 'info' ? 'info' : 'warn'
  log[level](notice.title, { notice: notice.id, severity: notice.severity, ...notice.facts })
  const to = routesOf(policy, notice)
    .filter((route) => doors.has(route.door) && !isShownAnyway(policy, notice, route))
    .map(({ door, place, digest }) => ({
      ...{ door, place },
      digestAt: digest === null ? null : nextDigest(digest, clock.now()),
    }))
  await store.deliveries.add(notice.id, to)
}

/** A request for approval has its post wherever its notice would go; a sync has one where the policy wants it live. */
function isShownAnyway(policy: Policy, { shownBy, job }: OutboxRow, route: Where): boolean {
  if (shownBy !== 'sync' || job === null) return shownBy === 'approval'
  const place = JSON.stringify(route.place)
  return livePlacesOf(policy, job).some(
    (live) => live.door === route.door && JSON.stringify(live.place) === place,
  )
}

/** Tells what is due at one door; returns when all of it is told or given back. */
export async function tellDue(
  parts: TellParts,
  door: Door,
  allowance: Allowance,
  stopping: AbortSignal,
): Promise<void> {
  const owner = randomUUID()
  await byHands(
    allowance,
    stopping,
    async () => (await parts.store.deliveries.takeLines(door.name, owner, LEASE_MS, 1))[0],
    (line) => tellLine(parts, door, allowance, line, owner, stopping),
  )
}

/** One message of one line; what is left is taken again at once. */
async function tellLine(
  { store, clock, log }: TellParts,
  door: Door,
  allowance: Allowance,
  line: Line,
  owner: string,
  stopping: AbortSignal,
): Promise<void> {
  const { deliveries } = store
  const facts = { door: door.name, place: line.place }
  try {
    const now = clock.now()
    const { since, ...waiting } = await deliveries.waiting(line.id, FLOOD_MS)
    const { size, againInMs } = nextMessage({ ...waiting, since: since ?? now, isDigest: line.isDigest }, now)
    if (size === 0) return await deliveries.giveBack(line.id, owner, { againInMs, problem: null })
    const message = await deliveries.nextMessage(line.id, owner, size)
    if (message === undefined)
      return await deliveries.giveBack(line.id, owner, { againInMs: 0, problem: null })
    const { notices } = message
    await inTime(stopping, (signal) =>
      door.tell(line.place, { ...message, view: viewNotices(notices), severity: worstOf(notices) }, signal),
    )
    await deliveries.told(line.id, owner, message.id)
    await deliveries.giveBack(line.id, owner, { againInMs: 0, problem: null })
  } catch (error) {
    if (error instanceof PlaceGone) {
      const lost = await deliveries.giveUp(line.id, owner, error.message)
      log.warn('notices are given up: their place is gone', { ...facts, lost, error })
      return
    }
    const busy = error instanceof DoorBusy ? error : undefined
    if (busy?.isWhole) allowance.pause(busy.afterMs)
    if (busy === undefined && line.tries === 0)
      log.warn('notices could not be told and are tried again', { ...facts, error })
    await deliveries.giveBack(line.id, owner, {
      ...{ againInMs: busy?.afterMs ?? tryAgainMs(line.tries + 1), problem: String(error) },
    })
  }
}
