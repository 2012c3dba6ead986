/** What an image is a picture of: all disks at one instant, or blocks as they were at different times (S9). */
import { formatDuration } from './duration.ts'
import type { Sync } from './job.ts'

/** What the agent says of the copy. `at`: ISO 8601. */
export type Instant =
  | { readonly kind: 'consistent'; readonly at: string; readonly heldMs: number }
  | { readonly kind: 'fuzzy'; readonly because: string }

/** How long writes of a source may be held for one image, unless the job or the policy says otherwise. */
export const HOLD_MS = 2000
/** The same at least and at most. */
export const HOLD_RANGE = { min: '1s', max: '30s', example: '2s' } as const

/** `consistent: one instant, 2026-11-25 17:02:03 UTC, writes held for 120 ms`, or `fuzzy: …` with the reason. */
export function consistencyWords({
  servicesStopped,
  instant,
}: Pick<Sync, 'servicesStopped' | 'instant'>): string {
  const one = instant?.kind === 'consistent' ? `one instant, ${instantWords(instant)}` : undefined
  // That services were stopped is what a person has said: it is not put above what was seen.
  if (servicesStopped) return `exact: services were stopped${one === undefined ? '' : `; ${one}`}`
  if (one !== undefined) return `consistent: ${one}`
  return `fuzzy: ${instant?.kind === 'fuzzy' ? instant.because : 'the source was running'}`
}

function instantWords({ at, heldMs }: Extract<Instant, { readonly kind: 'consistent' }>): string {
  const when = `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`
  return heldMs === 0 ? `${when}, nothing had to be held` : `${when}, writes held for ${heldMs} ms`
}

/** `writes held for at most 2s`, `writes never held`. */
export const holdWords = (holdMs: number | null): string =>
  holdMs === null ? 'writes never held' : `writes held for at most ${formatDuration(holdMs)}`
