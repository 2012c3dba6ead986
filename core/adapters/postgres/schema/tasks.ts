/**
 * What agents are asked for beside syncs, in the words of core/domain/task.ts. Change tables here, then `npm run migration`; what drizzle cannot say stands in hand-written migrations.
 */
import { sql } from 'drizzle-orm'
import { check, index, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { AgentTask, TaskKind } from '../../../domain/task.ts'
import { OPEN_TASK_STATES, TASK_STATES } from '../../../domain/task.ts'
import { id, list, oneOf, time } from './columns.ts'
import { jobs } from './jobs.ts'
import { sources } from './machines.ts'

export const agentTasks = pgTable(
  'agent_tasks',
  {
    id: id(),
    sourceId: text()
      .notNull()
      .references(() => sources.id),
    jobId: text().references(() => jobs.id),
    kind: text().$type<TaskKind>().notNull(),
    params: jsonb().$type<AgentTask['params']>().notNull(),
    askedBy: text().notNull(),
    state: text().$type<AgentTask['state']>().notNull().default('asked'),
    askedAt: time().notNull().defaultNow(),
    expiresAt: time().notNull(),
    reportedAt: time(),
    endedAt: time(),
    progress: jsonb()
      .$type<AgentTask['progress']>()
      .notNull()
      .default({ doneBytes: 0, totalBytes: 0, note: '' }),
    result: jsonb().$type<AgentTask['result']>(),
    fault: jsonb().$type<AgentTask['fault']>(),
  },
  (t) => [
    check('agent_tasks_state', oneOf(t.state, TASK_STATES)),
    uniqueIndex('agent_tasks_one_open_of_a_kind')
      .on(t.sourceId, t.kind)
      .where(sql`${t.state} in ${list(OPEN_TASK_STATES)}`),
    index('agent_tasks_of_source').on(t.sourceId, t.kind, t.askedAt),
  ],
)
