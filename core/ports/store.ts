/**
 * All state, as the core needs it. One adapter: PostgreSQL. Every write is one guarded statement, so that a process
 * may be killed at any instant; every call may be repeated unless its comment says otherwise. Times are the
 * database's wherever two machines could disagree. What cannot be reached is thrown as `StoreUnreachable` and tried
 * again by whoever asked.
 */
import type { Verdict, VerifyOptions } from '../domain/verification.ts'
import type { Answers } from './answers.ts'
import type { Audit } from './audit.ts'
import type { Cutovers } from './cutovers.ts'
import type { Deliveries } from './deliveries.ts'
import type { Destinations } from './destinations.ts'
import type { References, Workspaces } from './doors.ts'
import type { FleetView } from './fleet.ts'
import type { Gates, Inbox } from './github.ts'
import type { Approvals, AuditEntry, Freezes, Images, Jobs, Syncs } from './jobs.ts'
import type { Notice, Outbox } from './notices.ts'
import type { Intermediates, Orders, Sources } from './machines.ts'
import type { Posts } from './posts.ts'
import type { Tasks } from './tasks.ts'
import type { Drills } from './drills.ts'

/**
 * The store cannot be reached, or lost the connection in mid-call: whether the call took effect is not known. It says
 * nothing about what was asked; the same may be asked again.
 */
export class StoreUnreachable extends Error {
  override name = 'StoreUnreachable'
}

/** Something billable, written down before it is asked for. */
export interface Resource {
  /** One resource has one key for ever; it becomes its tag `ferry:key` and its ClientToken. */
  readonly key: string
  readonly jobId: string
  readonly syncId: string | null
  readonly kind: 'instance' | 'disk' | 'snapshot' | 'image'
  /** Plain words: `intermediate`, `snapshot of disk 0 for sync 3`. */
  readonly purpose: string
  /** Null until the cloud's reply has been recorded. */
  readonly cloudId: string | null
  /** Where people reach a launched instance, once it runs. */
  readonly address: string | null
  /** What was asked for, kept so that a repeated call is the same call. */
  readonly request: Readonly<Record<string, unknown>>
  readonly intendedAt: Date
  readonly releasedAt: Date | null
  readonly releaseAskedBy: string | null
  /** A person asked for it or must decide about it: it stays when its job has ended, until `release`. */
  readonly outlivesJob: boolean
  /** What it costs, as last asked; null until then. */
  readonly price: ResourcePrice | null
}

export interface ResourcePrice {
  /** Null: the cloud or the policy file names no price. */
  readonly perHour: number | null
  readonly currency: string | null
  /** What was priced: `ecs.g6.large, 20 + 40 GiB`. */
  readonly what: string
  readonly at: Date
}

export interface Ledger {
  /** Writes the intention down, or returns the one that stands under the key. */
  intend(
    resource: Pick<Resource, 'key' | 'jobId' | 'syncId' | 'kind' | 'purpose' | 'request'> &
      Partial<Pick<Resource, 'outlivesJob'>>,
  ): Promise<Resource>
  created(key: string, cloudId: string): Promise<void>
  setAddress(key: string, address: string): Promise<void>
  released(key: string): Promise<void>
  byKey(key: string): Promise<Resource | undefined>
  /** The one that holds it now, else the one that held it last. */
  byCloudId(cloudId: string): Promise<Resource | undefined>
  /** Not released; of one job or of all; oldest first. */
  open(jobId?: string): Promise<readonly Resource[]>
  /** A person asks that it goes; the clean-up tick carries it out. */
  askRelease(key: string, audit: AuditEntry): Promise<void>
  setPrice(key: string, price: Omit<ResourcePrice, 'at'>): Promise<void>
}

export interface Verification {
  readonly id: string
  readonly number: number
  readonly jobId: string
  readonly imageId: string
  readonly askedBy: string
  readonly startedAt: Date
  readonly endedAt: Date | null
  readonly options: VerifyOptions
  /** What is being done at this moment, in words; empty before the beginning and after the end. */
  readonly doing: string
  readonly verdict: Verdict | null
  /** A fault code, when Not Verified. */
  readonly cause: string | null
  readonly checks: readonly VerificationCheck[]
  readonly epoch: number
}

export interface VerificationCheck {
  readonly name: string
  /** Null: it could not be looked at. */
  readonly ok: boolean | null
  readonly detail: string
}

export interface Verifications {
  /** Begins one and wakes the engine; one that runs for the same image is returned instead. */
  start(
    imageId: string,
    jobId: string,
    askedBy: string,
    options: VerifyOptions,
    audit: AuditEntry,
  ): Promise<Verification>
  byId(id: string): Promise<Verification | undefined>
  list(jobId: string): Promise<readonly Verification[]>
  /** Adds or replaces checks by name, under the epoch. */
  setChecks(id: string, epoch: number, checks: readonly VerificationCheck[]): Promise<void>
  /** Says what is being done, under the epoch. */
  setDoing(id: string, epoch: number, doing: string): Promise<void>
  /**
   * Ends it and writes the verdict to the image, unless it is of the bytes alone; nothing happens when it has ended or
   * the epoch is lower. A verdict is something that approvers look at: it raises the job's version and voids what was
   * asked before.
   */
  end(
    id: string,
    epoch: number,
    verdict: Verdict,
    cause: string | null,
    audit: AuditEntry,
    notice: Notice,
  ): Promise<void>
}

/** A piece of work that somebody has taken. */
export interface Claim {
  readonly kind: 'job' | 'verification' | 'way-back'
  readonly id: string
  readonly epoch: number
  /** How often this step was tried and failed transiently since it last succeeded. */
  readonly tries: number
}

export interface Work {
  /**
   * Takes up to `limit` pieces of work that are due and that nobody holds (or whose lease has run out), for
   * `leaseMs`, each with a new epoch. No two callers get the same piece.
   */
  claim(owner: string, leaseMs: number, limit: number): Promise<readonly Claim[]>
  /** Prolongs the leases; returns the claims that are still held. */
  renew(owner: string, leaseMs: number, claims: readonly Claim[]): Promise<readonly Claim[]>
  /**
   * Gives a piece back: not due again (`done`), or due again after `againInMs` with `tries` counted. A piece whose
   * state has changed since it was claimed is due at once, with no tries; one that is done but whose state still asks
   * for work is looked at again after a second, so that none is ever forgotten.
   */
  giveBack(
    owner: string,
    claim: Claim,
    how: 'done' | { readonly againInMs: number; readonly tries: number },
  ): Promise<void>
  /** Resolves when work may have come, or after `ms`; never rejects. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Store {
  readonly jobs: Jobs
  readonly syncs: Syncs
  readonly images: Images
  readonly approvals: Approvals
  readonly freezes: Freezes
  readonly fleet: FleetView
  readonly sources: Sources
  readonly intermediates: Intermediates
  readonly orders: Orders
  readonly tasks: Tasks
  readonly drills: Drills
  readonly ledger: Ledger
  readonly verifications: Verifications
  readonly destinations: Destinations
  readonly work: Work
  readonly audit: Audit
  readonly answers: Answers
  readonly outbox: Outbox
  readonly cutovers: Cutovers
  readonly posts: Posts
  readonly deliveries: Deliveries
  readonly references: References
  readonly workspaces: Workspaces
  readonly inbox: Inbox
  readonly gates: Gates
  /** True the first time a key is seen within `ttlMs`, false after that (replays, nonces, deliveries). */
  firstSeen(key: string, ttlMs: number): Promise<boolean>
  /** A value made once per installation: the first caller's stands (ticket key, token secret). */
  once(name: string, make: () => string): Promise<string>
  /** The database's clock: the one by which windows open and locks end. */
  now(): Promise<Date>
  /** Throws when the database does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}
