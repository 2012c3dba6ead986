/** What sources' agents are asked for beside syncs. The agent fetches a task itself and reports to it by its id. */
import type { AgentTask, TaskKind, TaskProgress, TaskShapes } from '../domain/task.ts'
import type { AuditEntry } from './jobs.ts'

interface NewTask<K extends TaskKind> {
  readonly sourceId: string
  readonly jobId: string | null
  readonly kind: K
  readonly params: TaskShapes[K]['params']
  readonly askedBy: string
  /** From now to the moment after which it has failed, by the database's clock. */
  readonly mostMs: number
}

export interface Tasks {
  /**
   * Asks, and wakes the agent. One of the kind that is open for the source already is returned instead, and then
   * nothing is audited: `isNew` tells.
   */
  ask<K extends TaskKind>(
    task: NewTask<K>,
    audit: AuditEntry,
  ): Promise<{ readonly task: AgentTask<K>; readonly isNew: boolean }>
  byId(id: string): Promise<AgentTask | undefined>
  /** The newest of a kind of a source; with `done`, the newest that has answered. */
  latest<K extends TaskKind>(
    sourceId: string,
    kind: K,
    options?: { readonly done?: boolean },
  ): Promise<AgentTask<K> | undefined>
  /** Those of a source that an answer may still come to, oldest first. */
  open(sourceId: string): Promise<readonly AgentTask[]>
  /**
   * Stores what the source's agent reports. A task that has ended, or is none of this source, changes no more and
   * `inForce` is false: the agent must stop. Repeatable.
   */
  reported(
    id: string,
    sourceId: string,
    report: {
      readonly status: 'working' | 'done' | 'failed' | 'stopped'
      readonly progress: TaskProgress
      readonly result: unknown
      readonly fault: { readonly code: string; readonly detail: string } | null
    },
  ): Promise<{ readonly inForce: boolean }>
  /** Ends one that is open as `stopped`; its agent hears of it with its next report. Repeatable. */
  stop(id: string): Promise<void>
  /**
   * Ends as failed: AGENT_OFFLINE those that nobody has fetched or reported of for `silenceMs`, TASK_TIMEOUT those
   * that were to be done by now. Returns how many.
   */
  expire(silenceMs: number): Promise<number>
}
