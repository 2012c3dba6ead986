/** Hands tasks out to agents, each with its signed ticket, and takes in what they report of them. */
import type { TaskKind, TaskOrder, TaskReply } from '../../../agent/protocol/tasks.ts'
import { TaskReport, TASKS } from '../../../agent/protocol/tasks.ts'
import { signTicket } from '../../../agent/protocol/ticket.ts'
import type { AgentTask } from '../../domain/task.ts'
import type { Store } from '../../ports/store.ts'
import { TurnedAway } from './answer.ts'
import { message } from './body.ts'
import type { TicketKey } from './keys.ts'

/** The oldest task that this agent is not at work on yet. */
export async function nextTask(
  store: Pick<Store, 'tasks'>,
  key: TicketKey,
  agent: { readonly id: string; readonly sourceId: string },
  underWay: readonly string[],
): Promise<TaskOrder | undefined> {
  const open = await store.tasks.open(agent.sourceId)
  const task = open.find(({ id }) => !underWay.includes(id))
  if (task === undefined) return undefined
  const { id, kind, params, expiresAt } = task
  const ticket = { task: id, agent: agent.id, kind, params, expiresAt: expiresAt.getTime() }
  return { task: id, ticket: signTicket(ticket, key.privateKey) }
}

/** An agent that is too old for tasks is not waited for: what it is asked for fails at once, with what to do. */
export async function refuseTasks(
  store: Pick<Store, 'tasks'>,
  sourceId: string,
  version: string,
): Promise<void> {
  for (const task of await store.tasks.open(sourceId))
    await store.tasks.reported(task.id, sourceId, {
      status: 'failed',
      progress: task.progress,
      result: undefined,
      fault: {
        code: 'PROTOCOL',
        detail: `the agent on the source is of version ${version}, which knows no ${task.kind}: start the one that \`enrol\` prints`,
      },
    })
}

/** Stores what an agent reports of a task of its source. */
export async function taskReported(
  body: string,
  agent: { readonly sourceId: string },
  store: Pick<Store, 'tasks'>,
): Promise<TaskReply> {
  const report = message(TaskReport, body)
  const task = await store.tasks.byId(report.task)
  if (task === undefined || task.sourceId !== agent.sourceId)
    throw new TurnedAway(403, 'This task is not one of this source.')
  const { inForce } = await store.tasks.reported(report.task, agent.sourceId, {
    status: report.status,
    progress: report.progress,
    result: report.status === 'done' ? resultOf(task, report.result) : undefined,
    fault: report.fault ?? null,
  })
  return { control: inForce ? 'continue' : 'stop' }
}

/** The result in the shape that its kind promises; an agent that breaks the promise is told which field. */
function resultOf(task: AgentTask, result: unknown): unknown {
  const kind: TaskKind = task.kind
  return message(TASKS[kind].result, JSON.stringify(result ?? null))
}
