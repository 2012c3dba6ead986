import type { Compression, Freeze, Image, Job, JobDisk, JobFault, Phase, Sync } from '../domain/job.ts'
import type { SyncKind, SyncProgress, Trigger } from '../domain/job.ts'
import type { DrillItem, DrillResult } from '../domain/drill.ts'
import type { Approval } from '../domain/approval.ts'
import type { Forecast } from '../domain/forecast.ts'
import type { Notice } from './notices.ts'

/** Who did something, and through which door. The engine acts as `{ person: 'ferry', door: 'engine' }`. */
export interface Actor {
  readonly person: string
  readonly door: 'cli' | 'slack' | 'action' | 'github' | 'engine' | 'agent'
  /** What else is known of who asks, kept with every entry of theirs: the run of a workflow, the key of its step. */
  readonly facts?: Readonly<Record<string, string>>
  /** Where people see what asks, kept with the sync that it starts: the page of a workflow run. Not in the audit. */
  readonly page?: string | undefined
}

/** What the audit says of a change, beside who and when. */
export interface AuditEntry {
  readonly actor: Actor
  /** The command or engine step: `interval`, `sync.finished`. */
  readonly action: string
  readonly outcome: string
  readonly facts?: Readonly<Record<string, string | number | boolean | null>>
}

export interface NewJob {
  readonly name: string
  readonly sourceId: string
  readonly region: string
  readonly zone: string
  readonly auto: boolean
  readonly intervalMs: number
  readonly keep: number
  readonly imageName: string
  readonly bytesPerSecond: number | null
  readonly compression: Compression | null
  readonly connections: number | null
  /** Left out: `HOLD_MS`. */
  readonly holdMs?: number | null
  /** Left out: none. */
  readonly windows?: readonly string[]
  readonly disks: readonly JobDisk[]
  readonly createdBy: string
  readonly clonedFrom: string | null
  /** The instance whose disks are to be replaced; left out, the target is the image. */
  readonly destination?: string | null
}

/** The columns of a job that a change may set. */
export type JobSettings = Pick<
  Job,
  | 'state'
  | 'resume'
  | 'fault'
  | 'auto'
  | 'intervalMs'
  | 'pendingIntervalMs'
  | 'keep'
  | 'bytesPerSecond'
  | 'compression'
  | 'connections'
  | 'holdMs'
  | 'nextSyncAt'
  | 'deferral'
  | 'windows'
  | 'frozen'
  | 'lock'
  | 'intermediate'
  | 'completing'
  | 'endedAt'
>

/**
 * One change of a job with everything that belongs to it. It is one statement: all of it happens, or none of it. It
 * raises the version, so it voids the job's other approvals. A change of `state` also ends its back-off and wakes
 * the engine by itself; a new `nextSyncAt` ends a deferral. A frozen job does not enter a state of `BEGINNINGS`: such
 * a change does not happen, also when all jobs are frozen at this very moment.
 */
export interface JobChange {
  readonly set?: Partial<JobSettings>
  readonly audit: AuditEntry
  readonly notices?: readonly Notice[]
  /** Inserts a sync that begins now; its number is the job's highest plus one. */
  readonly startSync?: {
    readonly kind: SyncKind
    readonly trigger: Trigger
    readonly askedBy: string
    readonly servicesStopped?: boolean
  }
  /** Only within this time, by the database's clock at the moment of the write; `to` belongs to it no more. */
  readonly during?: { readonly from: Date; readonly to: Date }
  /** Ends the job's running sync. */
  readonly endSync?: { readonly result: 'ok' | 'cancelled' }
  /** Inserts a drill that begins now; its number is the job's highest plus one. */
  readonly startDrill?: { readonly askedBy: string; readonly boot: boolean }
  /** Ends the job's running drill, if one runs. */
  readonly endDrill?: { readonly result: DrillResult; readonly items: readonly DrillItem[] }
  /** The approval this change was waiting for; it can be used once. */
  readonly useApproval?: number
}

/** A job in Waiting whose sync nothing could start when it was due, and for how long it has been due. */
interface LateJob {
  readonly job: Job
  /** By the database's clock. */
  readonly lateMs: number
}

/** When a late job's one sync comes, and how many due times are recorded as missed. */
export interface CatchUp {
  readonly job: Job
  readonly missed: number
  /** From now, by the database's clock. */
  readonly inMs: number
}

export interface Jobs {
  /**
   * Inserts a job in Ready. `undefined` when the name is taken by a job that is not cleared, or when somebody else made
   * an open job of the same source at this moment.
   */
  create(job: NewJob, audit: AuditEntry, notices?: readonly Notice[]): Promise<Job | undefined>
  /** By name: the one not cleared, else the latest cleared one. */
  named(name: string): Promise<Job | undefined>
  byId(id: string): Promise<Job | undefined>
  /** All that are not cleared, by name; with `all`, those too. */
  list(options?: { readonly all?: boolean }): Promise<readonly Job[]>
  /** The unfinished job of a source (neither completed, cancelled nor cleared), if any. */
  openOfSource(sourceId: string): Promise<Job | undefined>
  disks(jobId: string): Promise<readonly JobDisk[]>
  /**
   * Applies a change if the job is still at `job.version` and `job.epoch`, no freeze is in its way and its time has
   * not passed; else changes nothing and returns undefined: load the job again and decide anew. Returns the job as it
   * is afterwards.
   * A pair of states that the life table lacks is refused by the database and thrown as an Error: a bug.
   */
  change(job: Pick<Job, 'id' | 'version' | 'epoch'>, change: JobChange): Promise<Job | undefined>
  /**
   * Writes down a fault that is tried again by itself, for whoever holds the job's work: nothing happens under another
   * epoch. It changes no version, so it voids no approval. Repeatable.
   */
  noteFault(jobId: string, epoch: number, fault: JobFault): Promise<void>
  /**
   * Jobs in Waiting whose next sync is due by the database's clock, earliest first; none that is frozen, and none for
   * whose completion somebody asks approval now, or has it, which a sync would void.
   */
  due(limit: number): Promise<readonly Job[]>
  /** Those of them that have been due for `lateMs` or longer, earliest first, and how many there are in all. */
  late(lateMs: number, limit: number): Promise<{ readonly jobs: readonly LateJob[]; readonly all: number }>
  /**
   * Gives each job its next due time and records what it missed as syncs with the result `missed`, each begun when it
   * was due. One statement for all of them; a job that has changed since is left out. `audit` is added for each, with
   * the number missed. Returns how many were changed.
   */
  catchUp(jobs: readonly CatchUp[], audit: AuditEntry): Promise<number>
  /** Those that complete without a last sync, or have done so within the last `endedMs`. */
  completedAsTheyWere(endedMs: number): Promise<readonly Pick<Job, 'id' | 'name'>[]>
  /** Jobs in Error, Paused or Drill Exception whose intermediate costs money and whose owner was last told before `before`; marks them told. */
  claimCostReminders(before: Date): Promise<readonly Job[]>
}

export interface Syncs {
  /** The one without a result, if any. */
  running(jobId: string): Promise<Sync | undefined>
  byId(id: string): Promise<Sync | undefined>
  /** Newest first. */
  list(jobId: string, limit?: number): Promise<readonly Sync[]>
  /** Those of all jobs that run, or have ended within the last `endedMs`; missed ones left out. */
  recent(endedMs: number): Promise<readonly (Pick<Sync, 'id' | 'kind'> & { readonly job: string })[]>
  /** Stores what was foretold when the sync began; the first one stands. Repeatable. */
  setForecast(id: string, forecast: Forecast): Promise<void>
  setPhase(id: string, phase: Phase): Promise<void>
  /** 0 to 100, and only ever upwards within a sync. */
  setImagePercent(id: string, percent: number): Promise<void>
  /**
   * Makes the sync's work an order for the source's agent, under this epoch; what an agent or receiver reports for
   * a lower one changes nothing from now on. Repeatable.
   */
  order(id: string, epoch: number): Promise<void>
  /** Takes the order back: the agent is told to stop at its next report. Repeatable. */
  withdraw(id: string): Promise<void>
  /** What agent and receiver said of the order in force. */
  work(id: string): Promise<SyncWork | undefined>
  /** Both sides hold the same bytes: stores the roots with the sync. Repeatable. */
  setTransferred(id: string, roots: readonly string[]): Promise<void>
  /** Forgets the transfer and its order: the blocks are to be sent to another intermediate. Repeatable. */
  restart(id: string): Promise<void>
  /** The roots stored by `setTransferred`, in disk order. */
  roots(id: string): Promise<readonly string[] | undefined>
}

export interface SyncWork {
  /** The order in force; null when there is none. */
  readonly epoch: number | null
  readonly agent: {
    readonly status: 'silent' | 'working' | 'done' | 'stopped' | 'failed'
    readonly reportedAt: Date | null
    /** When any counter last grew; the first report of an order counts, so that standing still is measured from there. */
    readonly movedAt: Date | null
    readonly roots: readonly string[] | null
    readonly fault: { readonly code: string; readonly detail: string } | null
  }
  readonly receiver: {
    readonly sealedRoots: readonly string[] | null
    readonly fault: { readonly code: string; readonly detail: string } | null
  }
  readonly progress: SyncProgress
}

export interface Images {
  /** Not deleted, oldest first; with `all`, those too. */
  list(jobId: string, options?: { readonly all?: boolean }): Promise<readonly Image[]>
  byId(id: string): Promise<Image | undefined>
  /** Records the image of a sync. Repeatable: a sync has one image. */
  record(image: {
    readonly jobId: string
    readonly syncId: string
    readonly cloudId: string
    readonly name: string
    readonly roots: readonly string[]
    readonly consistency: string
  }): Promise<Image>
  /** In use also means: not to be deleted, what `beginDelete` has said is taken back. */
  setInUse(id: string, inUse: boolean): Promise<void>
  /** False when the image is deleted or about to be: then nothing has happened. Repeatable. */
  setPinned(id: string, pinned: boolean, audit: AuditEntry): Promise<boolean>
  /**
   * False when somebody has pinned it, or a verification reads it: it must not be deleted. From true on it cannot be
   * pinned. Repeatable.
   */
  beginDelete(id: string): Promise<boolean>
  setDeleted(id: string): Promise<void>
}

/** The freeze of all jobs at once, also of those that are made while it stands. */
export interface Freezes {
  ofAll(): Promise<Freeze | undefined>
  /** Once this has returned, no sync starts and nothing completes. False when all are frozen already; nothing is changed then. */
  freezeAll(freeze: Pick<Freeze, 'by' | 'reason'>, audit: AuditEntry, notice: Notice): Promise<boolean>
  /** False when there was no such freeze. Jobs that are frozen by themselves stay so. */
  unfreezeAll(audit: AuditEntry, notice: Notice): Promise<boolean>
}

export interface Approvals {
  /** Asks for approval; an open request for the same command, arguments and job version is returned instead of a second one. */
  request(
    approval: Pick<
      Approval,
      'jobId' | 'jobVersion' | 'command' | 'args' | 'requestedBy' | 'needed' | 'evidence' | 'expiresAt'
    > &
      Partial<Pick<Approval, 'carriedOutBy'>>,
    audit: AuditEntry,
    notice: Notice,
  ): Promise<Approval>
  byNumber(number: number): Promise<Approval | undefined>
  /** The newest request for a command on a job that was made after `since`. */
  latest(jobId: string, command: string, since: Date): Promise<Approval | undefined>
  /** Open ones, oldest first; of one job or of all. */
  open(jobId?: string): Promise<readonly Approval[]>
  /** Those that enough people have agreed to and that the last of them, not a run, carries out: not used yet. */
  approved(): Promise<readonly Approval[]>
  /**
   * Adds one person's decision in one guarded statement: nothing happens (undefined) when the request is no longer
   * open, expired, or its job has moved on. With the last approval needed the status becomes `approved`; one that a
   * run carries out then stands for `RUN_HAS_MS` at least.
   */
  decide(
    number: number,
    decision: { readonly by: string; readonly approve: boolean; readonly reason: string | null },
    audit: AuditEntry,
  ): Promise<Approval | undefined>
  /** Ends an open request as denied because the person who made it asks for it; undefined when it is not open or not theirs. */
  withdraw(number: number, by: string, audit: AuditEntry): Promise<Approval | undefined>
  /** Makes one void that is open or not used yet: nobody is left who would carry it out. Repeatable. */
  abandon(number: number, audit: AuditEntry): Promise<void>
  /** Marks overdue ones as expired; returns how many. */
  expire(): Promise<number>
}
