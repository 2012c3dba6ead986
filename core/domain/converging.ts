import type { Sync } from './job.ts'

/** After so many syncs in a row that each sent more than the one before, a migration does not converge. */
const GROWN_IN_A_ROW = 3

/**
 * The changed bytes of the last syncs, oldest first, when they grew in three syncs in a row: the source changes faster
 * than it is copied, and a cutover would take ever longer. Undefined when they did not. `history`: newest first.
 */
export function growingChanges(history: readonly Sync[]): readonly number[] | undefined {
  const changed = history
    .filter(({ kind, result }) => kind !== 'full' && result === 'ok')
    .slice(0, GROWN_IN_A_ROW + 1)
    .map(({ progress }) => progress.changedBytes)
    .reverse()
  if (changed.length <= GROWN_IN_A_ROW) return undefined
  return changed.every((bytes, place) => place === 0 || bytes > (changed[place - 1] ?? 0))
    ? changed
    : undefined
}
