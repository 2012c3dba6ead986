/** A bot for machines under test: the real HTTP API of `agent/protocol/control.ts`, with signatures checked. */
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  AgentReport,
  EnrolRequest,
  OrdersRequest,
  ReceiverReport,
  RegisterRequest,
  type ReportReply,
  type SyncOrder,
} from '../../agent/protocol/control.ts'
import { TaskReport } from '../../agent/protocol/tasks.ts'
import { isSignedBy, SIGNED_HEADERS } from '../../agent/protocol/signing.ts'
import { signTicket, type TaskTicket, type Ticket } from '../../agent/protocol/ticket.ts'

interface KnownMachine {
  readonly id: string
  readonly publicKey: string
  readonly enrolment?: EnrolRequest
  readonly registration?: RegisterRequest
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = ''
  for await (const part of request) text += String(part)
  return text
}

export class FakeBot {
  readonly machines = new Map<string, KnownMachine>()
  readonly agentReports: AgentReport[] = []
  readonly receiverReports: (ReceiverReport & { machine: string })[] = []
  /** Requests that were refused, and why. */
  readonly refused: string[] = []
  orders: OrdersRequest[] = []
  order: SyncOrder | null = null
  /** Handed out until its end is reported, as the real bot does. */
  task: TaskTicket | undefined
  readonly taskReports: TaskReport[] = []
  taskControl: 'continue' | 'stop' = 'continue'
  control: ReportReply['control'] = 'continue'
  renewedTicket: string | undefined
  /** How the order is to be carried on, with the next report's reply. */
  send: ReportReply['send']
  /** While set, every request fails: the bot is away. */
  isAway = false
  url = ''
  private readonly ticketKeys = generateKeyPairSync('ed25519')
  private readonly nonces = new Set<string>()
  private readonly server: Server

  constructor() {
    this.server = createServer((request, response) => {
      this.handle(request, response).catch((problem: unknown) => {
        response.statusCode = 500
        response.end(String(problem))
      })
    })
  }

  get ticketKey(): string {
    return this.ticketKeys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  }

  sign(ticket: Ticket | TaskTicket): string {
    return signTicket(ticket, this.ticketKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
    return this
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  /** The machine that registered with a token or enrolled with a code. */
  machine(secret: string): KnownMachine | undefined {
    return this.machines.get(secret)
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    if (this.isAway) return void request.socket.destroy()
    const answer = this.answer(request, body)
    response.statusCode = answer === undefined ? 403 : 200
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer ?? { problem: this.refused.at(-1) }))
  }

  private answer(request: IncomingMessage, text: string): unknown {
    const body: unknown = JSON.parse(text)
    switch (request.url ?? '') {
      case '/api/agents/enrol': {
        const enrolment = EnrolRequest.parse(body)
        const id = this.meet(enrolment.code, { publicKey: enrolment.publicKey, enrolment })
        return id && { machine: id, source: 'web-01', ticketKey: this.ticketKey }
      }
      case '/api/receivers/register': {
        const registration = RegisterRequest.parse(body)
        const id = this.meet(registration.token, { publicKey: registration.publicKey, registration })
        return id && { machine: id, ticketKey: this.ticketKey }
      }
      default:
        return this.signed(request, text, body)
    }
  }

  private signed(request: IncomingMessage, text: string, body: unknown): unknown {
    const header = (name: keyof typeof SIGNED_HEADERS): string =>
      String(request.headers[SIGNED_HEADERS[name]] ?? '')
    const machine = [...this.machines.values()].find(({ id }) => id === header('machine'))
    const path = request.url ?? ''
    const whole = { method: 'POST', path, time: header('time'), nonce: header('nonce'), body: text }
    if (
      !machine ||
      this.nonces.has(whole.nonce) ||
      !isSignedBy(whole, header('signature'), machine.publicKey)
    ) {
      this.refused.push(`${path}: not signed by a known machine`)
      return undefined
    }
    this.nonces.add(whole.nonce)
    switch (path) {
      case '/api/agents/orders':
        this.orders.push(OrdersRequest.parse(body))
        return { order: this.order, ...this.nextTask() }
      case '/api/agents/speed':
        return { bytes: text.length }
      case '/api/agents/tasks': {
        const report = TaskReport.parse(body)
        this.taskReports.push(report)
        if (report.status !== 'working' && report.task === this.task?.task) this.task = undefined
        return { control: this.taskControl }
      }
      case '/api/agents/reports':
        this.agentReports.push(AgentReport.parse(body))
        return { control: this.control, ticket: this.renewedTicket, send: this.send }
      case '/api/receivers/reports':
        this.receiverReports.push({ ...ReceiverReport.parse(body), machine: machine.id })
        return { control: 'continue' }
      default:
        this.refused.push(`${path}: there is no such route`)
        return undefined
    }
  }

  private nextTask(): { task?: { task: string; ticket: string } } {
    const { task } = this
    if (task === undefined || this.orders.at(-1)?.tasks?.includes(task.task)) return {}
    return { task: { task: task.task, ticket: this.sign(task) } }
  }

  /** One secret, one key: a repetition gets the same machine, another key nothing. */
  private meet(secret: string, facts: Omit<KnownMachine, 'id'>): string | undefined {
    const known = this.machines.get(secret)
    if (known && known.publicKey !== facts.publicKey) {
      this.refused.push(`${secret}: used with another key`)
      return undefined
    }
    const id = known?.id ?? `m-${this.machines.size + 1}`
    this.machines.set(secret, { id, ...facts })
    return id
  }
}
