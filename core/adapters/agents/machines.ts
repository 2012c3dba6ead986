/**
 * The machine API: what `agent/protocol/control.ts` promises to agents and receivers, over the store's ports.
 * It holds no state that another replica would miss.
 */
import type { Clock } from '../../ports/clock.ts'
import type { Store } from '../../ports/store.ts'
import { agentReporting } from './agent-reports.ts'
import { json, refusal, TurnedAway } from './answer.ts'
import { bodyText } from './body.ts'
import type { Bundles } from './bundles.ts'
import { serveBundle } from './bundles.ts'
import { enrolment } from './enrol.ts'
import type { TicketKey } from './keys.ts'
import type { TransferSettings } from './orders.ts'
import { ordering, TRANSFER } from './orders.ts'
import { receiverReported, registerReceiver } from './receivers.ts'
import type { Caller } from './signed.ts'
import { signer } from './signed.ts'
import { taskReported } from './tasks.ts'

interface MachineParts {
  readonly store: Store
  readonly clock: Clock
  readonly ticketKey: TicketKey
  readonly bundles: Bundles
  readonly transfer?: TransferSettings
  /** Aborted when the bot stops: requests that are held open are answered then. */
  readonly stopping?: AbortSignal
}

export interface Machines {
  /**
   * Answers a machine's request; undefined when the path is none of a machine's. Throws only for bugs and an
   * unreachable store. `address`: where it comes from.
   */
  handle(request: Request, address?: string): Promise<Response | undefined>
}

export function createMachines(parts: MachineParts): Machines {
  const { store, ticketKey } = parts
  const enrol = enrolment(parts)
  const transfer = parts.transfer ?? TRANSFER
  const orders = ordering({ ...parts, transfer })
  const agentReport = agentReporting({ ...parts, transfer })

  const signed = async <K extends Caller['kind']>(
    request: Request,
    kind: K,
  ): Promise<{ body: string; caller: Extract<Caller, { kind: K }> }> => {
    const body = await bodyText(request)
    const caller = await signer(request, body, parts)
    if (caller.kind !== kind) throw new TurnedAway(403, `This is for machines of the kind ${kind}.`)
    return { body, caller: caller as Extract<Caller, { kind: K }> }
  }

  const posts: Readonly<Record<string, (request: Request, address: string) => Promise<unknown>>> = {
    '/api/agents/enrol': async (request, address) => enrol(await bodyText(request), address),
    '/api/agents/orders': async (request) => {
      const { body, caller } = await signed(request, 'agent')
      const ends = [request.signal, ...(parts.stopping === undefined ? [] : [parts.stopping])]
      return orders(body, caller, AbortSignal.any(ends))
    },
    '/api/agents/reports': async (request) => {
      const { body, caller } = await signed(request, 'agent')
      return agentReport(body, caller)
    },
    '/api/agents/tasks': async (request) => {
      const { body, caller } = await signed(request, 'agent')
      return taskReported(body, caller, store)
    },
    '/api/agents/speed': async (request) => {
      const { body } = await signed(request, 'agent')
      return { bytes: Buffer.byteLength(body) }
    },
    '/api/receivers/register': async (request) => registerReceiver(await bodyText(request), store, ticketKey),
    '/api/receivers/reports': async (request) => {
      const { body, caller } = await signed(request, 'receiver')
      return receiverReported(body, caller, store)
    },
  }

  return {
    handle: async (request, address = 'unknown') => {
      const { pathname } = new URL(request.url)
      const bundle = /^\/api\/bundles\/([^/]{1,64})\/([0-9a-f]{64})$/.exec(pathname)
      const post = Object.hasOwn(posts, pathname) ? posts[pathname] : undefined
      try {
        if (bundle?.[1] !== undefined && bundle[2] !== undefined && request.method === 'GET')
          return await serveBundle(request, bundle[1], bundle[2], parts.bundles, store)
        if (post === undefined) return undefined
        if (request.method !== 'POST') throw new TurnedAway(405, 'This path takes POST only.')
        return json(await post(request, address))
      } catch (error) {
        if (error instanceof TurnedAway) return refusal(error)
        throw error
      }
    },
  }
}
