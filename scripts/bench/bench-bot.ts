/** The least bot that agent and receiver work with: it believes everybody, hands out one order and hears reports. */
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  AgentReport,
  EnrolRequest,
  RegisterRequest,
  type OrdersReply,
  type ReportReply,
  type SyncOrder,
} from '../../agent/protocol/control.ts'
import { EstimateResult, TaskReport, type EstimateParams } from '../../agent/protocol/tasks.ts'
import { signTicket } from '../../agent/protocol/ticket.ts'

const AGENT = 'bench-agent'
const RECEIVER = 'bench-receiver'

/** An order ends within this time or the bench fails, in milliseconds. */
const ORDER_MS = 120_000

/** How an order ended, and how long it took from being handed out to the report of its end. */
export interface Ended {
  readonly report: AgentReport
  readonly seconds: number
}

export class BenchBot {
  private readonly keys = generateKeyPairSync('ed25519')
  private readonly server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => (text += part))
    request.on('end', () => this.answer(request.url ?? '', JSON.parse(text), response))
  })
  private enrolment: EnrolRequest | undefined
  private registration: RegisterRequest | undefined
  /** The agent's open question for an order, as the real bot holds it open. */
  private asking: ServerResponse | undefined
  private wasAsked = (): void => undefined
  private ended: ((report: AgentReport) => void) | undefined
  private taskEnded: ((report: TaskReport) => void) | undefined
  private epoch = 0
  private tasks = 0

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.server.closeAllConnections()
    this.server.close()
  }

  /** Whether both programs have said who they are and the agent waits for an order. */
  isAsked(): boolean {
    return this.enrolment !== undefined && this.registration !== undefined && this.asking !== undefined
  }

  /** Waits until the agent asks for an order, which it does again while it works. */
  async asked(): Promise<void> {
    if (this.asking === undefined) await new Promise<void>((resolve) => (this.wasAsked = resolve))
  }

  /** Hands out an order for all disks and waits for its end. */
  async order(more: Partial<SyncOrder> = {}): Promise<Ended> {
    const { enrolment, registration, asking } = this
    if (!enrolment || !registration || !asking) throw new Error('the programs are not there yet')
    const epoch = ++this.epoch
    const sync = `bench-${epoch}`
    const disks = enrolment.disks.map(({ index, path, identity, sizeBytes }) => ({
      index,
      path,
      identity,
      sizeBytes,
    }))
    const ticket = {
      job: 'bench',
      sync,
      epoch,
      receiver: { machine: RECEIVER, tlsPin: registration.tlsPin },
      disks: disks.map(({ index, sizeBytes }) => ({ index, sizeBytes })),
      expiresAt: Date.now() + 600_000,
    }
    const order: SyncOrder = {
      kind: 'sync',
      sync,
      epoch,
      ticket: signTicket(ticket, this.privateKey()),
      receiver: { host: '127.0.0.1', port: registration.port },
      disks,
      connections: 2,
      compression: 'auto',
      bytesPerSecond: null,
      ...more,
    }
    const end = new Promise<AgentReport>((resolve) => (this.ended = resolve))
    const late = setTimeout(() => this.ended?.(failed(order, 'it took too long')), ORDER_MS)
    this.asking = undefined
    const start = performance.now()
    reply(asking, { order } satisfies OrdersReply)
    const report = await end
    const seconds = (performance.now() - start) / 1000
    clearTimeout(late)
    if (report.status !== 'done')
      throw new Error(`the sync ended ${report.status}: ${report.fault?.detail ?? ''}`)
    return { report, seconds }
  }

  /** Has the agent compare all disks with what was last synced; the seconds from being asked to the end, and what it found. */
  async compare(): Promise<{ readonly seconds: number; readonly result: EstimateResult }> {
    const { enrolment, asking } = this
    if (!enrolment || !asking) throw new Error('the agent is not there yet')
    const task = `compare-${++this.tasks}`
    const disks = enrolment.disks.map(({ index, path, identity, sizeBytes }) => ({
      ...{ index, path, identity, sizeBytes },
      root: null,
    }))
    const ticket = signTicket(
      {
        ...{ task, agent: AGENT, kind: 'estimate', expiresAt: Date.now() + ORDER_MS },
        params: { disks } satisfies EstimateParams,
      },
      this.privateKey(),
    )
    const end = new Promise<TaskReport>((resolve) => (this.taskEnded = resolve))
    this.asking = undefined
    const start = performance.now()
    reply(asking, { order: null, task: { task, ticket } } satisfies OrdersReply)
    const report = await end
    const seconds = (performance.now() - start) / 1000
    if (report.status !== 'done') throw new Error(`comparing ended ${report.status}: ${report.fault?.detail}`)
    return { seconds, result: EstimateResult.parse(report.result) }
  }

  private privateKey(): string {
    return this.keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  }

  private answer(path: string, body: unknown, response: ServerResponse): void {
    const ticketKey = this.keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
    switch (path) {
      case '/api/agents/enrol':
        this.enrolment = EnrolRequest.parse(body)
        return reply(response, { machine: AGENT, source: 'web-01', ticketKey })
      case '/api/receivers/register':
        this.registration = RegisterRequest.parse(body)
        return reply(response, { machine: RECEIVER, ticketKey })
      case '/api/agents/orders':
        this.asking = response
        response.on('close', () => {
          if (this.asking === response) this.asking = undefined
        })
        return this.wasAsked()
      case '/api/agents/reports': {
        const report = AgentReport.parse(body)
        if (report.status !== 'working' && report.epoch === this.epoch) this.ended?.(report)
        return reply(response, { control: 'continue' } satisfies ReportReply)
      }
      case '/api/agents/tasks': {
        const report = TaskReport.parse(body)
        if (report.status !== 'working') this.taskEnded?.(report)
        return reply(response, { control: 'continue' } satisfies ReportReply)
      }
      default:
        return reply(response, { control: 'continue' } satisfies ReportReply)
    }
  }
}

function reply(response: ServerResponse, body: object): void {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(body))
}

const failed = ({ sync, epoch }: SyncOrder, detail: string): AgentReport => ({
  sync,
  epoch,
  status: 'failed',
  phase: 'comparing',
  disks: [],
  wireBytes: 0,
  limitedBy: 'disk',
  comparison: '',
  fault: { code: 'INTERNAL', detail },
})
