import type { Looking } from '../commands/define.ts'
import type { Tick } from '../engine/engine.ts'
import type { Policy } from '../domain/policy.ts'
import type { DoorName, Post } from '../domain/post.ts'
import type { OutboxRow } from '../ports/notices.ts'
import type { Log } from '../ports/log.ts'
import { createAllowance } from './allowance.ts'
import type { Door } from './doors.ts'
import { linkOf } from './links.ts'
import { openWantedPosts, showDuePosts } from './show-posts.ts'
import { spread, tellDue } from './tell-notices.ts'

const DAY_MS = 24 * 3_600_000
/** How long what was told and shown to its end is kept, and how often and how much of what is older is forgotten. */
const KEPT_MS = 90 * DAY_MS
const FORGET_EVERY_MS = 600_000
const FORGOTTEN_AT_ONCE = 500

export interface DoorParts extends Omit<Looking, 'policy'> {
  /** The one in force at this moment. */
  readonly policy: () => Policy
  readonly log: Log
}

export interface DoorWork {
  /** For the clock: each door has its own, so that none waits for another. */
  readonly ticks: readonly Tick[]
  /** What becomes of a notice. */
  readonly spread: (notice: OutboxRow) => Promise<void>
}

/** What is done for the doors that have registered: posts are opened and shown, notices told. `everyMs`: how often. */
export function createDoorWork(parts: DoorParts, doors: readonly Door[], everyMs: number): DoorWork {
  const now = () => ({ ...parts, policy: parts.policy(), linkOf: (post: Post) => linkOf(doors, post) })
  const names: ReadonlySet<DoorName> = new Set(doors.map(({ name }) => name))
  const known = new Set<string>()
  const ofDoor = (door: Door): readonly Tick[] => {
    const shows = createAllowance(parts.clock, door.showsPerMinute)
    const tells = createAllowance(parts.clock, undefined)
    return [
      { name: `posts-${door.name}`, everyMs, run: (stop) => showDuePosts(now(), door, shows, stop) },
      { name: `lines-${door.name}`, everyMs, run: (stop) => tellDue(now(), door, tells, stop) },
    ]
  }
  return {
    ticks: [
      ...(doors.length === 0
        ? []
        : [{ name: 'wanted-posts', everyMs, run: () => openWantedPosts(now(), names, known) }]),
      ...doors.flatMap(ofDoor),
      { name: 'forget-told', everyMs: FORGET_EVERY_MS, run: () => forget(parts.store) },
    ],
    spread: (notice) => spread(now(), names, notice),
  }
}

/** Nobody reads again what was told and shown to its end months ago. Repeatable; what is left follows next time. */
async function forget({ deliveries, posts }: DoorParts['store']): Promise<void> {
  await deliveries.forget(KEPT_MS, FORGOTTEN_AT_ONCE)
  await posts.forget(KEPT_MS, FORGOTTEN_AT_ONCE)
}
