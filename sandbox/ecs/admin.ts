import type { Cloud } from './cloud.ts'
import { readFaultRule } from './faults.ts'
import type { FaultPlan } from './faults.ts'
import type { Call } from './gateway.ts'
import { haltFully, vanish } from './recover.ts'
import type { Instance } from './state.ts'

/** What whoever runs the sandbox can do that no cloud offers. */
interface Admin {
  readonly cloud: Cloud
  readonly faults: FaultPlan
  readonly calls: Call[]
}

/** An answer of the admin endpoints; none needs a signature, since all are on loopback. */
interface AdminReply {
  readonly status: number
  readonly body: unknown
}

/**
 *   POST   /__faults                  a fault rule as JSON → from now on it is in force
 *   DELETE /__faults                  → no fault is
 *   GET    /__calls                   → { calls }: action, params, status, code of each call seen
 *   DELETE /__calls                   → the list begins anew
 *   POST   /__instances/<id>/kill     its processes die, the instance stays Running
 *   POST   /__instances/<id>/vanish   the instance is gone, as if released by hand
 *   POST   /__clock                   { advanceMs } → delays and release times pass sooner
 */
export async function serveAdmin(
  admin: Admin,
  method: string,
  path: string,
  body: Buffer,
): Promise<AdminReply> {
  const { cloud, faults, calls } = admin
  const [, id, deed] = /^\/__instances\/([^/]+)\/(kill|vanish)$/.exec(path) ?? []
  try {
    if (id !== undefined && method === 'POST') {
      const instance = cloud.state.instances[id]
      if (!instance) return { status: 404, body: { error: `There is no instance ${id}.` } }
      await (deed === 'kill' ? killProcesses(cloud, instance) : vanish(cloud, instance))
      return { status: 200, body: {} }
    }
    switch (`${method} ${path}`) {
      case 'POST /__faults':
        faults.add(readFaultRule(JSON.parse(body.toString('utf8'))))
        return { status: 200, body: {} }
      case 'DELETE /__faults':
        faults.clear()
        return { status: 200, body: {} }
      case 'GET /__calls':
        return { status: 200, body: { calls } }
      case 'DELETE /__calls':
        calls.length = 0
        return { status: 200, body: {} }
      case 'POST /__clock':
        cloud.advance(readAdvance(JSON.parse(body.toString('utf8'))))
        await cloud.commit()
        return { status: 200, body: {} }
      default:
        return { status: 404, body: { error: `There is no ${method} ${path}.` } }
    }
  } catch (error) {
    return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } }
  }
}

/** A machine whose processes die stays switched on: the cloud does not notice. */
export async function killProcesses(cloud: Cloud, instance: Instance): Promise<void> {
  await haltFully(cloud, instance)
  delete instance.process
  await cloud.commit()
}

function readAdvance(value: unknown): number {
  const { advanceMs } = value as { advanceMs?: unknown }
  if (typeof advanceMs !== 'number' || !(advanceMs >= 0))
    throw new Error('advanceMs is a number of milliseconds.')
  return advanceMs
}
