/** The kinds of task that this agent knows: one file each. */
import type { TaskKind } from '../../protocol/tasks.ts'
import { estimate } from './estimate.ts'
import { inspect } from './inspect.ts'
import type { TaskKindOf } from './kind.ts'
import { speedtest } from './speedtest.ts'

export const KINDS: { readonly [K in TaskKind]: TaskKindOf<K> } = {
  inspect,
  speedtest,
  estimate,
}
