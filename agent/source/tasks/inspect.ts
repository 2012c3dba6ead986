/** Looks at the system that is migrated and tells facts; it only reads. */
import { inspect as look, subjectOf } from '../inspect/inspect.ts'
import type { TaskKindOf } from './kind.ts'

export const inspect: TaskKindOf<'inspect'> = {
  isAlone: false,
  run: async ({ tell }, { findDisks, server }) =>
    look(await subjectOf(findDisks()), server, (note) => tell(note)),
}
