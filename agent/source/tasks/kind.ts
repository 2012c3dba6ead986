/** What a kind of task is, and what one has at hand. */
import type { Signer } from '../../protocol/bot-client.ts'
import type { TaskKind, TaskParams, TaskResult } from '../../protocol/tasks.ts'
import type { OrderPlace } from '../order.ts'

/** What a task may reach for. */
export interface TaskPlace extends OrderPlace {
  /** The bot, as this server reaches it, and who signs what is sent there. */
  readonly server: string
  readonly signer: Signer
}

/** One task under way. */
export interface TaskRun<K extends TaskKind> {
  /** The task's id. */
  readonly id: string
  readonly params: TaskParams<K>
  /** Aborted when the task is no longer wanted: it ends as soon as it can. */
  readonly signal: AbortSignal
  /** Tells how far it is; sent with the next report. */
  readonly tell: (note: string, doneBytes?: number, totalBytes?: number) => void
}

export interface TaskKindOf<K extends TaskKind> {
  /**
   * Whether it needs the disks or the network for itself. Such a task is refused while a sync runs and ends when one
   * begins: what it measured beside a sync would be wrong, and the sync is what people wait for.
   */
  readonly isAlone: boolean
  /** Carries it out; may be run again from its beginning. Throws Fault. */
  readonly run: (task: TaskRun<K>, place: TaskPlace) => Promise<TaskResult<K>>
}
