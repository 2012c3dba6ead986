/** Sources with their agents, and intermediates with their receivers: the machines that call the bot. */
import type { Instant } from '../domain/instant.ts'
import type { Job, JobDisk, Sync } from '../domain/job.ts'
import type { AuditEntry } from './jobs.ts'

export interface SourceHost {
  readonly hostname: string
  readonly os: string
  readonly arch: string
  readonly kernel: string
  readonly cores: number
  readonly memoryBytes: number
  readonly bootMode: 'BIOS' | 'UEFI'
  /** Of its network interfaces, at enrolment; absent when the agent was too old to tell. */
  readonly addresses?: readonly string[]
}

export interface Source {
  readonly id: string
  readonly name: string
  /** Undefined until its agent has enrolled. */
  readonly agent:
    | {
        readonly id: string
        readonly version: string
        readonly host: SourceHost
        readonly disks: readonly JobDisk[]
        readonly enrolledAt: Date
        readonly seenAt: Date
      }
    | undefined
  readonly createdAt: Date
}

/** How long a machine may be silent before it counts as offline. */
export const SILENCE_MS = 45_000

export interface Sources {
  /** Makes the source if it is new, and a one-time code for an agent: `codeHash` is its SHA-256 hex. An older unused code ends. */
  invite(name: string, codeHash: string, expiresAt: Date, audit: AuditEntry): Promise<Source>
  named(name: string): Promise<Source | undefined>
  byId(id: string): Promise<Source | undefined>
  list(): Promise<readonly Source[]>
  /**
   * Enrols an agent by its code. The same code with the same key gives the same agent again; with another key, an
   * unknown or expired code: undefined. A new agent replaces the source's former one, whose key is refused from then on.
   */
  enrol(
    codeHash: string,
    agent: {
      readonly publicKey: string
      readonly version: string
      readonly host: SourceHost
      readonly disks: readonly JobDisk[]
    },
    audit: AuditEntry,
  ): Promise<{ readonly agentId: string; readonly source: Source } | undefined>
  /** Whether the code or receiver token with this hash may still be used (to fetch a bundle). */
  isInvited(hash: string): Promise<boolean>
  /** The key of a machine (agent or receiver) that may call, and what it is. */
  key(
    machineId: string,
  ): Promise<
    | { readonly kind: 'agent'; readonly publicKey: string; readonly sourceId: string }
    | { readonly kind: 'receiver'; readonly publicKey: string; readonly intermediateId: string }
    | undefined
  >
  /** The heartbeat; stores the disks as they are now. */
  seen(agentId: string, version: string, disks: readonly JobDisk[]): Promise<void>
}

export type IntermediateMode = 'receive' | 'inspect'

export interface Intermediate {
  readonly id: string
  readonly jobId: string
  readonly mode: IntermediateMode
  /** The ledger's key of its instance; a second intermediate of a job has another. */
  readonly resourceKey: string
  /** True when this intermediate keeps the system disk's blocks on a disk of type system (see docs/cloud.md). */
  readonly carrier: boolean
  readonly instanceId: string | undefined
  /** Where agents reach the receiver; undefined until it is known. */
  readonly address: string | undefined
  readonly receiver:
    | { readonly machineId: string; readonly tlsPin: string; readonly port: number; readonly seenAt: Date }
    | undefined
  /** What the receiver last reported of itself, raw (`inspected` disks, a fault). */
  readonly report: unknown
  readonly endedAt: Date | undefined
}

export interface Intermediates {
  /** Records that one is to be made, with the SHA-256 hex of its one-time token. Repeatable by `resourceKey`. */
  plan(intermediate: {
    readonly jobId: string
    readonly mode: IntermediateMode
    readonly resourceKey: string
    readonly tokenHash: string
    readonly carrier: boolean
  }): Promise<Intermediate>
  /** The job's receiving one that has not ended. */
  current(jobId: string): Promise<Intermediate | undefined>
  byKey(resourceKey: string): Promise<Intermediate | undefined>
  setInstance(id: string, instanceId: string, address: string): Promise<void>
  /** By the one-time token. The same token with the same key gives the same machine again; with another: undefined. */
  register(
    tokenHash: string,
    receiver: {
      readonly publicKey: string
      readonly tlsPin: string
      readonly port: number
      readonly version: string
    },
  ): Promise<{ readonly machineId: string } | undefined>
  /** The heartbeat, and what it reports if it is more than that. */
  seen(id: string, report?: unknown): Promise<void>
  end(id: string): Promise<void>
}

/** What an order for an agent is made of; the adapter that speaks the protocol signs the ticket. */
export interface OrderFacts {
  readonly job: Job
  readonly sync: Sync
  readonly epoch: number
  readonly disks: readonly JobDisk[]
  readonly intermediate: Intermediate
}

export interface Orders {
  /** The order in force for this source; undefined when there is none or its agent has finished it. */
  forSource(sourceId: string): Promise<OrderFacts | undefined>
  /**
   * Stores what an agent reports. Only the order in force counts (same sync, same epoch, job still Syncing); for any
   * other nothing changes and `inForce` is false: the agent must stop. The end of an order that was taken back is
   * noted, for whoever waits until the agent has stopped.
   */
  agentReported(
    syncId: string,
    epoch: number,
    report: {
      readonly status: 'working' | 'done' | 'stopped' | 'failed'
      readonly phase: 'comparing' | 'transferring'
      readonly totalBytes: number
      readonly comparedBytes: number
      readonly changedBytes: number
      readonly appliedBytes: number
      readonly wireBytes: number
      readonly limitedBy: 'disk' | 'network' | 'receiver' | 'limit'
      readonly comparison: string
      readonly roots: readonly string[] | null
      /** What the copy is of; null while that is not known. */
      readonly instant: Instant | null
      readonly fault: { readonly code: string; readonly detail: string } | null
    },
  ): Promise<{ readonly inForce: boolean }>
  /** Stores the roots a receiver sealed, or its fault, for the order in force. */
  receiverReported(
    syncId: string,
    epoch: number,
    report: {
      readonly roots: readonly string[] | null
      readonly fault: { readonly code: string; readonly detail: string } | null
    },
  ): Promise<{ readonly inForce: boolean }>
  /** Resolves when an order may have come for this source, or after `ms`; never rejects. */
  wait(sourceId: string, ms: number, signal?: AbortSignal): Promise<void>
}
