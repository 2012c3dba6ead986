/**
 * Agent tasks: what a source's agent is asked for that is no sync. A task is handed out by the same long poll as
 * orders are, and reported to a path of its own:
 *
 *   POST /api/agents/tasks   TaskReport → TaskReply   signed; at least every 5 s while working
 *   POST /api/agents/speed   any text   → SpeedReply  signed; thrown away: measures the way to the bot
 *
 * A task has an id of its own each time it is asked, and this id is its fence: a report of a task that has ended
 * changes nothing and is answered with `stop`. An agent that was restarted is given the same task again and does it
 * from its beginning; every kind may be repeated. Kinds are told by name, so that an agent that is older than the bot
 * says that it does not know one, instead of misreading all its orders.
 */
import { z } from 'zod'
import { InspectParams, InspectResult } from './inspect.ts'

const id = z.string().min(1).max(64)
const count = z.number().int().nonnegative()

export const SpeedtestParams = z.object({
  /** The most that is read of each disk, in bytes. */
  diskBytes: count.max(64 * 1024 * 1024),
  /** The most that is sent to measure the network, in bytes. */
  networkBytes: count.max(64 * 1024 * 1024),
  /** Where a sync would send to, and a ticket without disks for it; null: there is none, the bot is measured. */
  receiver: z
    .object({
      host: z.string().max(255),
      port: z.number().int().min(1).max(65_535),
      tlsPin: z.string().max(64),
      ticket: z.string().max(16_384),
    })
    .nullable(),
})
export type SpeedtestParams = z.infer<typeof SpeedtestParams>

export const SpeedtestResult = z.object({
  disks: z
    .array(
      z.object({
        index: count,
        path: z.string().max(4096),
        readBytes: count,
        /** Null: it could not be read, `detail` says why. */
        bytesPerSecond: z.number().nonnegative().nullable(),
        detail: z.string().max(500),
      }),
    )
    .max(17),
  /** What was tried, in this order; the last one counts. */
  network: z
    .array(
      z.object({
        to: z.enum(['receiver', 'bot']),
        address: z.string().max(300),
        sentBytes: count,
        /** Null: it could not be measured, `detail` says why. */
        bytesPerSecond: z.number().nonnegative().nullable(),
        detail: z.string().max(500),
      }),
    )
    .max(2),
})
export type SpeedtestResult = z.infer<typeof SpeedtestResult>

export const EstimateParams = z.object({
  disks: z
    .array(
      z.object({
        index: count,
        path: z.string().max(4096),
        identity: z.string().max(256),
        sizeBytes: count,
        /** Root of the manifest as last synced; null when there is none. */
        root: z.string().max(64).nullable(),
      }),
    )
    .min(1)
    .max(17),
})
export type EstimateParams = z.infer<typeof EstimateParams>

export const EstimateResult = z.object({
  disks: z
    .array(
      z.object({
        index: count,
        totalBytes: count,
        comparedBytes: count,
        changedBytes: count,
        /** Whether the agent's manifest is that root's; if not, more may count as changed than has. */
        isKnown: z.boolean(),
      }),
    )
    .max(17),
  /** How it compared, in words, as a sync tells it; empty from an agent that does not say. */
  comparison: z.string().max(300).default(''),
  comparingMs: count,
})
export type EstimateResult = z.infer<typeof EstimateResult>

/** Every kind of task: what it is asked with, and what it answers. */
export const TASKS = {
  inspect: { params: InspectParams, result: InspectResult },
  speedtest: { params: SpeedtestParams, result: SpeedtestResult },
  estimate: { params: EstimateParams, result: EstimateResult },
} as const satisfies Record<string, { params: z.ZodType; result: z.ZodType }>
export type TaskKind = keyof typeof TASKS

export type TaskParams<K extends TaskKind> = z.infer<(typeof TASKS)[K]['params']>
export type TaskResult<K extends TaskKind> = z.infer<(typeof TASKS)[K]['result']>

/** What it is stands in its signed ticket (`ticket.ts`), which the agent acts on and on nothing else. */
export const TaskOrder = z.object({ task: id, ticket: z.string().max(32_768) })
export type TaskOrder = z.infer<typeof TaskOrder>

/** How far a task is; `totalBytes` 0 when it counts no bytes. */
export const TaskProgress = z.object({
  doneBytes: count,
  totalBytes: count,
  /** What it is doing, in a few words. */
  note: z.string().max(200),
})
export type TaskProgress = z.infer<typeof TaskProgress>

/**
 * `working`: under way. `done`: `result` is as the kind's schema says. `failed`: see `fault`. `stopped`: ended because
 * the bot said so.
 */
export const TaskReport = z.object({
  task: id,
  status: z.enum(['working', 'done', 'failed', 'stopped']),
  progress: TaskProgress,
  result: z.unknown().optional(),
  fault: z.object({ code: z.string().max(64), detail: z.string().max(2000) }).optional(),
})
export type TaskReport = z.infer<typeof TaskReport>

/** `stop`: the task is no longer wanted, or has taken too long. */
export const TaskReply = z.object({ control: z.enum(['continue', 'stop']) })
export type TaskReply = z.infer<typeof TaskReply>

export const SpeedReply = z.object({ bytes: count })
