/** Hands tasks out to agents, each with its signed ticket, and takes in what they report of them. */
import type { SpeedtestParams, TaskKind, TaskOrder, TaskReply } from '../../../agent/protocol/tasks.ts'
import { TaskReport, TASKS } from '../../../agent/protocol/tasks.ts'
import { signTicket } from '../../../agent/protocol/ticket.ts'
import type { AgentTask } from '../../domain/task.ts'
import type { Clock } from '../../ports/clock.ts'
import { SILENCE_MS } from '../../ports/machines.ts'
import type { Store } from '../../ports/store.ts'
import { TurnedAway } from './answer.ts'
import { message } from './body.ts'
import type { TicketKey } from './keys.ts'

/** A receiver that has been silent for longer is not worth trying; the way to the bot is measured instead. */
const ALIVE_MS = SILENCE_MS

interface TaskParts {
  readonly store: Pick<Store, 'tasks' | 'intermediates'>
  readonly clock: Clock
  readonly ticketKey: TicketKey
}

/** The oldest task that this agent is not at work on yet. */
export async function nextTask(
  parts: TaskParts,
  agent: { readonly id: string; readonly sourceId: string },
  underWay: readonly string[],
): Promise<TaskOrder | undefined> {
  const open = await parts.store.tasks.open(agent.sourceId)
  const task = open.find(({ id }) => !underWay.includes(id))
  if (task === undefined) return undefined
  const { id, kind, expiresAt } = task
  const params = { ...task.params, ...(await more(parts, task)) }
  const ticket = { task: id, agent: agent.id, kind, params, expiresAt: expiresAt.getTime() }
  return { task: id, ticket: signTicket(ticket, parts.ticketKey.privateKey) }
}

/** What only this moment can add to what was asked. */
async function more(parts: TaskParts, task: AgentTask): Promise<object> {
  return task.kind === 'speedtest' ? { receiver: await receiverOf(parts, task) } : {}
}

/** Where the job's syncs go, with a ticket that allows to measure the way there and nothing else. */
async function receiverOf(
  { store, clock, ticketKey }: TaskParts,
  { id, jobId, expiresAt }: AgentTask,
): Promise<SpeedtestParams['receiver']> {
  const current = jobId === null ? undefined : await store.intermediates.current(jobId)
  if (jobId === null || current?.receiver === undefined || !current.address) return null
  const { machineId, tlsPin, port, seenAt } = current.receiver
  if (clock.now().getTime() - seenAt.getTime() > ALIVE_MS) return null
  const ticket = signTicket(
    {
      ...{ job: jobId, sync: id, epoch: 0, disks: [], expiresAt: expiresAt.getTime() },
      receiver: { machine: machineId, tlsPin },
    },
    ticketKey.privateKey,
  )
  return { host: current.address, port, tlsPin, ticket }
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
  return message<unknown>(TASKS[kind].result, JSON.stringify(result ?? null))
}
