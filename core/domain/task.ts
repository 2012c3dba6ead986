/**
 * Agent tasks: what a source's agent is asked for that is no sync. One of a kind at a time per source; each may be
 * asked again and again. Adding a kind: its name and shapes here, the same in `agent/protocol/tasks.ts`, one file in
 * `agent/source/tasks`.
 */
import type { EstimateAsked, EstimateFound } from './estimate.ts'
import type { SpeedtestAsked, SpeedtestFound } from './speed.ts'
import type { SourceFacts } from './source-facts.ts'

/** Every kind with what it is asked with and what it answers. */
export interface TaskShapes {
  readonly inspect: { readonly params: object; readonly result: SourceFacts }
  readonly speedtest: { readonly params: SpeedtestAsked; readonly result: SpeedtestFound }
  readonly estimate: { readonly params: EstimateAsked; readonly result: EstimateFound }
}
export type TaskKind = keyof TaskShapes

/** How long each kind may take from the moment it is asked, in milliseconds; then it has failed (TASK_TIMEOUT). */
export const TASK_MOST_MS: Readonly<Record<TaskKind, number>> = {
  inspect: 300_000,
  speedtest: 120_000,
  // As long as reading the largest sources takes.
  estimate: 24 * 3_600_000,
}

export const TASK_STATES = ['asked', 'working', 'done', 'failed', 'stopped'] as const
type TaskState = (typeof TASK_STATES)[number]
/** States in which an answer may still come. */
export const OPEN_TASK_STATES: readonly TaskState[] = ['asked', 'working']

export interface TaskProgress {
  readonly doneBytes: number
  /** 0 when the task counts no bytes. */
  readonly totalBytes: number
  readonly note: string
}

export interface AgentTask<K extends TaskKind = TaskKind> {
  readonly id: string
  readonly sourceId: string
  /** The job it was asked for; null when it was asked for the source alone. */
  readonly jobId: string | null
  readonly kind: K
  readonly params: TaskShapes[K]['params']
  readonly askedBy: string
  readonly state: TaskState
  readonly askedAt: Date
  readonly expiresAt: Date
  readonly reportedAt: Date | null
  readonly endedAt: Date | null
  readonly progress: TaskProgress
  /** Set when `done`. */
  readonly result: TaskShapes[K]['result'] | null
  /** Set when `failed`: a code of the catalogue, and what happened. */
  readonly fault: { readonly code: string; readonly detail: string } | null
}

/** Whether an answer may still come. */
export function isOpen(task: Pick<AgentTask, 'state'>): boolean {
  return OPEN_TASK_STATES.includes(task.state)
}
