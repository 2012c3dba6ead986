/** Asks the bot for orders and tasks; carries orders out one at a time and reports. */
import {
  OrdersReply,
  ReportReply,
  type AgentReport,
  type OrdersRequest,
  type SyncOrder,
} from '../protocol/control.ts'
import { backOffMs, BotRefusal, callBot, pause, type Signer } from '../protocol/bot-client.ts'
import { failpoint } from '../protocol/failpoint.ts'
import { log, wordsOf } from '../protocol/log.ts'
import { VERSION } from '../protocol/version.ts'
import { findDisks } from './disks.ts'
import type { Enrolled, Home } from './home.ts'
import { Order, type OrderPlace } from './order.ts'
import { startOrderThread } from './order-thread.ts'
import type { TaskOrder } from '../protocol/tasks.ts'
import { Tasks } from './tasks/tasks.ts'
import { ThreadPool } from './thread-pool.ts'
import { endHooksLeftBehind } from './freeze/hooks.ts'
import { thawLeftBehind } from './freeze/left-behind.ts'
import { mapPlace } from './tracking/tracefs.ts'
import { Scrubbing } from './tracking/scrubbing.ts'
import { Tracking } from './tracking/tracking.ts'

/** The bot holds a request for orders open for up to 25 s. */
const POLL_MS = 40_000
/** The longest pause before a bot that did not answer is asked again: a restarted one has its sources back by then. */
const ASK_AGAIN_MS = 5000
/** How often progress is reported, in milliseconds. */
const REPORT_MS = 500

/** An order that is being carried out. */
interface Running {
  readonly order: Order
  readonly ended: Promise<void>
  /** Aborts its reporting: another order has taken its place. */
  readonly superseded: AbortController
}

export class Orders {
  private readonly home: Home
  private readonly enrolled: Enrolled
  private readonly signer: Signer
  private readonly place: OrderPlace
  private readonly tasks: Tasks
  private readonly scrubbing: Scrubbing
  /** None while there is no disk whose writes could be known: a thread costs memory. */
  private tracking: Tracking | undefined
  private running: Running | undefined
  /** The last order whose end the bot has heard of. */
  private finished: { readonly sync: string; readonly epoch: number } | undefined

  /** `isGentle`: the server has other things to do (`gentle.ts`). */
  constructor(home: Home, enrolled: Enrolled, isGentle: boolean) {
    this.home = home
    this.enrolled = enrolled
    const { server, ticketKey, machine, signing } = enrolled
    this.signer = { machine, privateKey: signing }
    this.place = {
      manifestPath: (disk) => home.manifestPath(disk),
      pagesPath: (disk) => home.pagesPath(disk),
      ticketKey,
      findDisks: () => findDisks(enrolled.disks),
      threads: new ThreadPool(startOrderThread, isGentle),
      tracking: () => this.tracking,
      reconnectMs: Number(process.env['FERRY_RECONNECT_MS'] ?? 10_000),
    }
    this.scrubbing = new Scrubbing(this.place)
    this.tasks = new Tasks({ ...this.place, server, signer: this.signer }, () => this.running !== undefined)
  }

  /** Runs for as long as the program lives. */
  async run(): Promise<never> {
    await thawLeftBehind(mapPlace(this.home.path))
    await endHooksLeftBehind(mapPlace(this.home.path))
    // From now on, not from the first order on: what is written before it is known then.
    void this.follow()
    for (let attempt = 0; ;) {
      try {
        const { order, task } = await this.ask()
        attempt = 0
        if (task) await this.beginTask(task)
        if (order) await this.take(order)
        else await pause(200)
      } catch (problem) {
        log('warn', 'the bot cannot be asked for orders', { because: wordsOf(problem) })
        await pause(backOffMs(attempt++, 500, ASK_AGAIN_MS))
      }
    }
  }

  private async ask(): Promise<OrdersReply> {
    const working = this.running
      ? { sync: this.running.order.order.sync, epoch: this.running.order.order.epoch }
      : null
    const disks = findDisks(this.enrolled.disks)
    const message: OrdersRequest = { version: VERSION, disks, working, tasks: this.tasks.underWay() }
    const { server } = this.enrolled
    const call = { server, path: '/api/agents/orders', message, reply: OrdersReply, signer: this.signer }
    return callBot({ ...call, timeoutMs: POLL_MS })
  }

  private async beginTask(task: TaskOrder): Promise<void> {
    await this.scrubbing.stop()
    this.tasks.take(task)
  }

  private async take(order: SyncOrder): Promise<void> {
    const isKnown = [this.running?.order.order, this.finished].some(
      (known) => known?.sync === order.sync && known.epoch === order.epoch,
    )
    if (isKnown) {
      // The bot offers what is under way again; not to ask at once again saves both work.
      return pause(1000)
    }
    if (this.running) {
      log('info', 'another order takes over', { sync: order.sync, epoch: order.epoch })
      this.running.superseded.abort()
      this.running.order.stop()
      await this.running.ended
    }
    await this.scrubbing.stop()
    this.running = this.begin(order)
  }

  private async follow(): Promise<void> {
    const disks = findDisks(this.enrolled.disks)
    if (process.env['FERRY_TRACKING'] === 'off' || disks.every(({ kind }) => kind === 'file')) return
    try {
      if (this.tracking === undefined || this.tracking.isOver) this.tracking = new Tracking(this.home.path)
      await this.tracking.ask('follow', disks)
    } catch (problem) {
      log('warn', 'writes are not tracked', { because: wordsOf(problem) })
    }
  }

  private begin(asked: SyncOrder): Running {
    this.tasks.giveWay()
    log('info', 'an order begins', { sync: asked.sync, epoch: asked.epoch, kind: asked.kind })
    const order = new Order(asked, this.place)
    const superseded = new AbortController()
    const over = new AbortController()
    const reporting = this.reportWhile(order, over.signal)
    const ended = this.follow()
      .then(() => order.run())
      .then(async (last) => {
        over.abort()
        await reporting
        log('info', 'the order ended', { sync: asked.sync, epoch: asked.epoch, status: last.status })
        await this.reportEnd(last, superseded.signal)
        this.finished = { sync: asked.sync, epoch: asked.epoch }
        this.running = undefined
        if (last.status === 'done' && !superseded.signal.aborted) this.scrubbing.begin(asked)
      })
    return { order, ended, superseded }
  }

  private async reportWhile(order: Order, over: AbortSignal): Promise<void> {
    for (let failures = 0; !over.aborted;) {
      await pause(failures === 0 ? REPORT_MS : backOffMs(failures, 500, 5000), over)
      if (over.aborted) return
      try {
        const { control, ticket, send } = await this.report(order.report(), over)
        failures = 0
        if (control === 'stop') order.stop()
        if (ticket !== undefined) order.renew(ticket)
        if (send !== undefined) order.adjust(send)
      } catch (problem) {
        // The order goes on without the bot for as long as its ticket lasts.
        if (!over.aborted)
          log('warn', 'a report was not taken', { failures: ++failures, because: wordsOf(problem) })
      }
    }
  }

  private async reportEnd(last: AgentReport, superseded: AbortSignal): Promise<void> {
    for (let attempt = 0; !superseded.aborted; attempt++) {
      try {
        failpoint('agent:report-done:before')
        await this.report(last, superseded)
        failpoint('agent:report-done:after')
        return
      } catch (problem) {
        if (
          problem instanceof BotRefusal &&
          problem.status >= 400 &&
          problem.status < 500 &&
          problem.status !== 429
        ) {
          log('warn', 'the bot does not want the end of this order', { because: wordsOf(problem) })
          return
        }
        log('warn', 'the end of an order was not taken, trying again', { because: wordsOf(problem) })
        await pause(backOffMs(attempt, 500, 10_000), superseded)
      }
    }
  }

  private report(message: AgentReport, signal: AbortSignal): Promise<ReportReply> {
    const { server } = this.enrolled
    const path = '/api/agents/reports'
    return callBot({ server, path, message, reply: ReportReply, signer: this.signer, signal })
  }
}
