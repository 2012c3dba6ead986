import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto'
import type { JobDisk } from '../../core/domain/job.ts'
import type { AgentTask } from '../../core/domain/task.ts'
import type { OrderFacts } from '../../core/ports/machines.ts'
import type { Store } from '../../core/ports/store.ts'

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A machine's key pair, in the forms that the protocol wants. */
export function machineKey(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  }
}

/** What the machine API asks of the store, in memory and in the open. */
export function machinesStore(clock: { now(): Date; advance(ms: number): void }) {
  const seenKeys = new Set<string>()
  const once = new Map<string, string>()
  const codes = new Map<string, { source: string; expiresAt: Date; usedBy?: string; agentId?: string }>()
  const tokens = new Map<string, { intermediateId: string; usedBy?: string; machineId?: string }>()
  const keys = new Map<string, Awaited<ReturnType<Store['sources']['key']>>>()
  const record = {
    agentsSeen: [] as { id: string; disks: readonly JobDisk[] }[],
    receiversSeen: [] as { id: string; report: unknown }[],
    agentReports: [] as unknown[],
    receiverReports: [] as unknown[],
    order: undefined as OrderFacts | undefined,
    tasks: [] as AgentTask[],
    taskReports: [] as unknown[],
    inForce: true,
    waited: [] as number[],
    onWait: (): void => undefined,
  }
  const store = {
    firstSeen: async (key: string) => !seenKeys.has(key) && Boolean(seenKeys.add(key)),
    once: async (name: string, make: () => string) => {
      const value = once.get(name) ?? make()
      once.set(name, value)
      return value
    },
    sources: {
      enrol: async (codeHash: string, agent: { publicKey: string }) => {
        const code = codes.get(codeHash)
        if (code === undefined || code.expiresAt <= clock.now()) return undefined
        if (code.usedBy !== undefined && code.usedBy !== agent.publicKey) return undefined
        code.usedBy = agent.publicKey
        code.agentId ??= randomUUID()
        keys.set(code.agentId, { kind: 'agent', publicKey: agent.publicKey, sourceId: code.source })
        return { agentId: code.agentId, source: { id: code.source, name: code.source } }
      },
      isInvited: async (hash: string) => codes.has(hash) || tokens.has(hash),
      key: async (id: string) => keys.get(id),
      seen: async (id: string, _version: string, disks: readonly JobDisk[]) => {
        record.agentsSeen.push({ id, disks })
      },
    },
    intermediates: {
      register: async (tokenHash: string, receiver: { publicKey: string }) => {
        const token = tokens.get(tokenHash)
        if (token === undefined || (token.usedBy !== undefined && token.usedBy !== receiver.publicKey))
          return undefined
        token.usedBy = receiver.publicKey
        token.machineId ??= randomUUID()
        const { publicKey } = receiver
        keys.set(token.machineId, { kind: 'receiver', publicKey, intermediateId: token.intermediateId })
        return { machineId: token.machineId }
      },
      current: async () => record.order?.intermediate,
      seen: async (id: string, report: unknown) => {
        record.receiversSeen.push({ id, report })
      },
    },
    syncs: { byId: async (id: string) => (record.order?.sync.id === id ? record.order.sync : undefined) },
    jobs: { byId: async () => record.order?.job },
    tasks: {
      open: async (source: string) => record.tasks.filter(({ sourceId }) => sourceId === source),
      byId: async (id: string) => record.tasks.find((task) => task.id === id),
      reported: async (id: string, _source: string, report: object) => {
        record.taskReports.push({ id, ...report })
        return { inForce: record.inForce }
      },
    },
    orders: {
      forSource: async (id: string) => (record.order?.job.sourceId === id ? record.order : undefined),
      agentReported: async (_sync: string, _epoch: number, report: unknown) => {
        record.agentReports.push(report)
        return { inForce: record.inForce }
      },
      receiverReported: async (_sync: string, _epoch: number, report: unknown) => {
        record.receiverReports.push(report)
        return { inForce: record.inForce }
      },
      wait: async (_source: string, ms: number) => {
        record.waited.push(ms)
        clock.advance(ms)
        record.onWait()
      },
    },
  }
  return {
    store: store as unknown as Store,
    record,
    invite: (code: string, source: string, expiresAt = new Date(clock.now().getTime() + 86_400_000)) =>
      codes.set(sha256(code), { source, expiresAt }),
    plan: (token: string, intermediateId: string) => tokens.set(sha256(token), { intermediateId }),
  }
}

/** An order for `source`, as the store describes one; the receiver is there and reachable. */
export function anOrder(source: string, more: { readonly address?: string | undefined } = {}): OrderFacts {
  return {
    job: { id: 'job-1', sourceId: source, bytesPerSecond: null },
    sync: { id: 'sync-1', jobId: 'job-1' },
    epoch: 7,
    disks: [{ index: 0, path: '/dev/vda', identity: 'serial-1', sizeBytes: 1_048_576 }],
    intermediate: {
      id: 'intermediate-1',
      address: 'address' in more ? more.address : '127.0.0.1',
      receiver: { machineId: 'receiver-1', tlsPin: 'a'.repeat(64), port: 8703 },
    },
  } as unknown as OrderFacts
}

/** A speed test that the source is asked for. */
export function aTask(source: string, clock: { now(): Date }, more: Partial<AgentTask> = {}): AgentTask {
  const now = clock.now()
  return {
    ...{
      id: 'task-1',
      sourceId: source,
      jobId: null,
      kind: 'speedtest',
      params: { diskBytes: 1024, networkBytes: 0 },
    },
    ...{ askedBy: 'ada', state: 'asked', askedAt: now, expiresAt: new Date(now.getTime() + 60_000) },
    ...{ reportedAt: null, endedAt: null, result: null, fault: null },
    progress: { doneBytes: 0, totalBytes: 0, note: '' },
    ...more,
  }
}
