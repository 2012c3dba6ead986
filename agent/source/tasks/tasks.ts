/** Carries out the tasks that the bot asks for beside syncs, each in the background, and reports how each goes. */
import { backOffMs, BotRefusal, callBot, pause } from '../../protocol/bot-client.ts'
import { asMachineFault, Fault } from '../../protocol/fault.ts'
import { log, wordsOf } from '../../protocol/log.ts'
import type { TaskOrder, TaskReport } from '../../protocol/tasks.ts'
import { TaskReply, TASKS } from '../../protocol/tasks.ts'
import { readTaskTicket } from '../../protocol/ticket.ts'
import type { TaskKindOf, TaskPlace } from './kind.ts'
import { KINDS } from './kinds.ts'

const REPORT_MS = 1000

interface Running {
  readonly isAlone: () => boolean
  readonly over: AbortController
}

export class Tasks {
  private readonly place: TaskPlace
  private readonly running = new Map<string, Running>()
  /** Whether a sync runs at this moment. */
  private readonly isSyncing: () => boolean

  constructor(place: TaskPlace, isSyncing: () => boolean) {
    this.place = place
    this.isSyncing = isSyncing
  }

  /** Ids of those that are under way, or whose end the bot has not heard of. */
  underWay(): string[] {
    return [...this.running.keys()]
  }

  /** Begins one, unless it is under way. */
  take(order: TaskOrder): void {
    if (this.running.has(order.task)) return
    const over = new AbortController()
    let isAlone = false
    this.running.set(order.task, { isAlone: () => isAlone, over })
    const carryOut = async (tell: Tell): Promise<unknown> => {
      const { name, kind, params } = this.kindOf(order)
      log('info', 'a task begins', { task: order.task, kind: name })
      isAlone = kind.isAlone
      if (isAlone && this.isSyncing()) throw busy()
      return kind.run({ id: order.task, params, signal: over.signal, tell }, this.place)
    }
    void this.carry(order.task, carryOut, over).finally(() => this.running.delete(order.task))
  }

  /** A sync begins: tasks that need the disks for themselves give way. */
  giveWay(): void {
    for (const { isAlone, over } of this.running.values()) if (isAlone()) over.abort(busy())
  }

  private async carry(
    task: string,
    carryOut: (tell: Tell) => Promise<unknown>,
    over: AbortController,
  ): Promise<void> {
    let progress: TaskReport['progress'] = { doneBytes: 0, totalBytes: 0, note: '' }
    const told = new AbortController()
    const tell: Tell = (note, doneBytes = 0, totalBytes = 0) =>
      void (progress = { doneBytes, totalBytes, note: note.slice(0, 200) })
    const reporting = this.reportWhile(() => ({ task, status: 'working', progress }), told.signal, over)
    let last: TaskReport
    try {
      const result = await carryOut(tell)
      if (over.signal.aborted) throw over.signal.reason
      last = { task, status: 'done', progress, result }
    } catch (problem) {
      // Whatever it met on its way out, the reason to end it is what is told.
      const reason: unknown = over.signal.aborted ? over.signal.reason : problem
      last =
        reason === STOPPED
          ? { task, status: 'stopped', progress }
          : { task, status: 'failed', progress, fault: asMachineFault(reason) }
    }
    told.abort()
    await reporting
    log('info', 'a task ended', { task, status: last.status, ...last.fault })
    await this.reportEnd(last)
  }

  private kindOf(order: TaskOrder): { name: string; kind: TaskKindOf<never>; params: never } {
    const ticket = readTaskTicket(order.ticket, this.place.ticketKey, Date.now())
    if ('problem' in ticket) throw new Fault('TICKET_REFUSED', ticket.problem)
    if (ticket.task !== order.task || ticket.agent !== this.place.signer.machine)
      throw new Fault('TICKET_REFUSED', 'the ticket is for another task or agent')
    if (!(ticket.kind in TASKS))
      throw new Fault('PROTOCOL', `this agent knows no ${ticket.kind}: start the one that \`enrol\` prints`)
    const name = ticket.kind as keyof typeof TASKS
    const params = TASKS[name].params.safeParse(ticket.params)
    if (!params.success)
      throw new Fault('PROTOCOL', `the ${name} is asked for in another way than this agent knows`)
    // The table pairs each kind with its own params; that pairing is lost in a union.
    return { name, kind: KINDS[name], params: params.data as never }
  }

  private async reportWhile(
    report: () => TaskReport,
    told: AbortSignal,
    over: AbortController,
  ): Promise<void> {
    for (let failures = 0; !told.aborted;) {
      try {
        const { control } = await this.report(report(), told)
        failures = 0
        if (control === 'stop') over.abort(STOPPED)
      } catch (problem) {
        if (!told.aborted)
          log('warn', 'a report of a task was not taken', { failures: ++failures, because: wordsOf(problem) })
      }
      await pause(failures === 0 ? REPORT_MS : backOffMs(failures, 500, 5000), told)
    }
  }

  /** Tells the end until it is heard. An answer that the bot cannot read is told as a failure instead. */
  private async reportEnd(last: TaskReport): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.report(last)
        return
      } catch (problem) {
        log('warn', 'the end of a task was not taken', { because: wordsOf(problem) })
        const { status } = problem instanceof BotRefusal ? problem : { status: 0 }
        const isRefused = status >= 400 && status < 500 && status !== 429
        if (isRefused && last.status !== 'done') return
        if (isRefused) {
          const fault = { code: 'PROTOCOL', detail: wordsOf(problem).slice(0, 2000) }
          last = { task: last.task, status: 'failed', progress: last.progress, fault }
        }
        await pause(backOffMs(attempt, 500, 10_000))
      }
    }
  }

  private report(message: TaskReport, signal?: AbortSignal): Promise<TaskReply> {
    const { server, signer } = this.place
    const call = { server, path: '/api/agents/tasks', message, reply: TaskReply, signer }
    return callBot(signal === undefined ? call : { ...call, signal })
  }
}

type Tell = (note: string, doneBytes?: number, totalBytes?: number) => void

/** Why a task ends that the bot no longer wants. */
const STOPPED = new Error('no longer wanted')

const busy = (): Fault => new Fault('SOURCE_BUSY', 'a sync reads the disks of this source now')
