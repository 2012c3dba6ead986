import { formatDuration, formatTime } from './duration.ts'
import type { Window } from './window.ts'
import { openings } from './window.ts'

interface Deferral {
  readonly until: Date
  /** A sentence for `status` and the audit. */
  readonly reason: string
}

/**
 * Whether a scheduled sync that would begin now must wait until a window has closed, so that a cutover never waits for
 * it: one that would still run when the window opens, and one within the window that would still run when it closes.
 * One that fits into the window runs: people may be waiting for it (S11).
 *
 * Where windows follow each other so closely that it fits nowhere between them, it runs now: waiting would not end.
 */
export function deferralOf(windows: readonly Window[], now: Date, takesMs: number): Deferral | undefined {
  const [next, later] = openings(windows, now, 2)
  if (next === undefined) return undefined
  const isOpen = next.from <= now
  const edge = isOpen ? next.to : next.from
  if (now.getTime() + takesMs <= edge.getTime()) return undefined
  if (later !== undefined && next.to.getTime() + takesMs > later.from.getTime()) return undefined
  return {
    until: next.to,
    reason: `due ${formatTime(now, now)}, it would take up to ${formatDuration(takesMs)} and still run when the window ${isOpen ? 'closes' : 'opens'} ${formatTime(edge, now)}; it waits until the window has closed, so that no cutover waits for it`,
  }
}
