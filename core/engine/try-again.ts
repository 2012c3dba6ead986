import { MOST_TRIES } from '../domain/fault-course.ts'
import type { Fault } from '../domain/faults.ts'
import { faultEntry } from '../domain/faults.ts'
import type { Sync } from '../domain/job.ts'
import type { Parts } from './parts.ts'

const TRANSIENT_MS = 1000
/** Nobody waits for a scheduled sync, so it can sit out a longer outage: about five minutes, and the waiting within. */
const UNATTENDED_MS = 10_000
const MOST_MS = 180_000

/** The next try of what has failed: its number, and in how many milliseconds. Undefined when it is to be shown. */
export function nextTry(
  { random }: Pick<Parts, 'random'>,
  fault: Fault,
  sync: Pick<Sync, 'trigger'> | undefined,
  tries: number,
): { readonly againInMs: number; readonly tries: number } | undefined {
  const entry = faultEntry(fault.code)
  const isUnattended = entry.unattended && sync?.trigger === 'schedule'
  if ((!entry.transient && !isUnattended) || tries >= MOST_TRIES) return undefined
  const most = Math.min(MOST_MS, (entry.transient ? TRANSIENT_MS : UNATTENDED_MS) * 2 ** tries)
  // Half of it at least, so that it is a wait; the rest by chance, so that many jobs do not come back as one.
  return { againInMs: Math.round((most * (1 + random())) / 2), tries: tries + 1 }
}
