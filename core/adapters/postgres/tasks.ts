import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm'
import type { AgentTask, TaskKind } from '../../domain/task.ts'
import { OPEN_TASK_STATES } from '../../domain/task.ts'
import type { Tasks } from '../../ports/tasks.ts'
import type { Database, Raw } from './connect.ts'
import { auditInto, json, milliseconds } from './parts.ts'
import { asRow } from './rows.ts'
import { list } from './schema/columns.ts'
import { agentTasks } from './schema/tasks.ts'

const isOpen = sql`state in ${list(OPEN_TASK_STATES)}`

/** A row's kind says which params and result it has; that the two belong together was seen to when it was written. */
const toTask = <K extends TaskKind>(row: typeof agentTasks.$inferSelect): AgentTask<K> => row as AgentTask<K>
const fromRaw = <K extends TaskKind>(raw: Raw): AgentTask<K> => toTask(asRow(agentTasks, raw))

/** Tasks of agents. None is leased: who works on it is the one agent of its source. */
export function openTasks({ db, ask, run }: Database): Tasks {
  return {
    async ask(task, audit) {
      const [raw] = await run(sql`
        with asked as (
          insert into agent_tasks (source_id, job_id, kind, params, asked_by, expires_at)
          values (${task.sourceId}, ${task.jobId}, ${task.kind}, ${json(task.params)}, ${task.askedBy},
            now() + ${milliseconds(task.mostMs)})
          on conflict (source_id, kind) where ${isOpen} do update set kind = excluded.kind
          returning *, xmax = 0 as made
        ), audited as (${auditInto(
          audit,
          sql`select asked.job_id, jobs.name as job from asked left join jobs on jobs.id = asked.job_id where made`,
        )})
        select * from asked`)
      if (raw === undefined) throw new Error(`the task for ${task.sourceId} was not written down`)
      return { task: fromRaw(raw), isNew: raw['made'] === true }
    },

    async byId(id) {
      const [row] = await ask(db.select().from(agentTasks).where(eq(agentTasks.id, id)))
      return row && toTask(row)
    },

    async latest(sourceId, kind, { done = false } = {}) {
      const wanted = and(
        eq(agentTasks.sourceId, sourceId),
        eq(agentTasks.kind, kind),
        done ? eq(agentTasks.state, 'done') : undefined,
      )
      const newest = db.select().from(agentTasks).where(wanted).orderBy(desc(agentTasks.askedAt)).limit(1)
      const [row] = await ask(newest)
      return row && toTask(row)
    },

    async open(sourceId) {
      const wanted = and(eq(agentTasks.sourceId, sourceId), inArray(agentTasks.state, [...OPEN_TASK_STATES]))
      return (await ask(db.select().from(agentTasks).where(wanted).orderBy(asc(agentTasks.askedAt)))).map(
        (row) => toTask(row),
      )
    },

    async reported(id, sourceId, { status, progress, result, fault }) {
      const rows = await run(sql`
        update agent_tasks set state = ${status}, progress = ${json(progress)}, reported_at = now(),
          ended_at = case when ${status !== 'working'}::boolean then now() end,
          result = ${result === undefined ? sql`null::jsonb` : json(result)},
          fault = ${fault === null ? sql`null::jsonb` : json(fault)}
        where id = ${id} and source_id = ${sourceId} and ${isOpen}
        returning id`)
      return { inForce: rows.length === 1 }
    },

    async stop(id) {
      await run(
        sql`update agent_tasks set state = 'stopped', ended_at = now() where id = ${id} and ${isOpen}`,
      )
    },

    async expire(silenceMs) {
      const silence = milliseconds(silenceMs)
      const late = { code: 'TASK_TIMEOUT', detail: 'the agent did not finish in time' }
      const silent = { code: 'AGENT_OFFLINE', detail: 'the agent has not been heard of' }
      const isSilent = sql`coalesce(reported_at, asked_at) < now() - ${silence}`
      const rows = await run(sql`
        update agent_tasks set state = 'failed', ended_at = now(),
          fault = case when ${isSilent} then ${json(silent)} else ${json(late)} end
        where ${isOpen} and (expires_at <= now() or ${isSilent})
        returning id`)
      return rows.length
    },
  }
}
