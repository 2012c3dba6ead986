/**
 * The words of a migration, as data. The same words stand in SQL, help, docs and messages.
 *
 * source        a server to migrate; it runs the source agent
 * job           one migration of one source; what operators name in commands (`web-01`)
 * sync          one run of a job: full (the first), incremental, or final
 * block         the unit of comparison on a disk; a changed block is sent
 * manifest      the digest of every block of a disk as last synced; its root names the whole disk's content
 * intermediate  the billable instance that receives blocks; the receiver is the program on it
 * image         the cloud image made after each sync: the whole server at one point in time
 * interval      from the end of one sync to the start of the next
 * keep          how many images a job keeps
 */
import type { FaultCourse } from './fault-course.ts'
import type { Forecast } from './forecast.ts'
import type { Instant } from './instant.ts'

/** As stored. What people read is `STATE_LABELS`. */
export const STATES = [
  'ready',
  'preparing',
  'syncing',
  'waiting',
  'pausing',
  'paused',
  'error',
  'drilling',
  'drill-exception',
  'completing',
  'completed',
  'cancelling',
  'cancelled',
  'clearing',
  'cleared',
] as const
export type State = (typeof STATES)[number]

export const STATE_LABELS: Record<State, string> = {
  ready: 'Ready',
  preparing: 'Preparing',
  syncing: 'Syncing',
  waiting: 'Waiting',
  pausing: 'Pausing',
  paused: 'Paused',
  error: 'Error',
  drilling: 'Drilling',
  'drill-exception': 'Drill Exception',
  completing: 'Completing',
  completed: 'Completed',
  cancelling: 'Cancelling',
  cancelled: 'Cancelled',
  clearing: 'Clearing',
  cleared: 'Cleared',
}

/**
 * What a sync is doing. Comparison and transfer overlap: it is called comparing while little of what is read differs,
 * transferring once more than a tenth does or all is read (S10). Both are shown as bars of their own.
 */
export const PHASES = ['comparing', 'transferring', 'imaging'] as const
export type Phase = (typeof PHASES)[number]

export type SyncKind = 'full' | 'incremental' | 'final'
export type Trigger = 'schedule' | 'manual'
/** Of the blocks on their way; `auto` packs where that makes them faster. */
export type Compression = 'auto' | 'on' | 'off'
/** How a sync ended; null while it runs. `missed` is a due time that passed while nobody could run it. */
export type SyncResult = 'ok' | 'cancelled' | 'missed' | null

/** Where a paused or failed job goes on: the state it left. */
export type ResumeState =
  'ready' | 'preparing' | 'syncing' | 'waiting' | 'completing' | 'cancelling' | 'clearing'

/** What can be said of the intermediate. `lost`: it was released by somebody else; no retry brings it back. */
export type IntermediateStatus = 'none' | 'creating' | 'ready' | 'lost' | 'released'

export interface JobFault {
  readonly code: string
  /** What happened, with step, disk, block, the cloud's code and RequestId where they are known. */
  readonly detail: string
  readonly at: Date
  /** How often the step was tried by itself, so far or before this fault was shown. */
  readonly tries: number
  readonly course?: FaultCourse
  /** How it ended: the state that the job went to, and who moved it there (`ferry`: by itself). Absent while it stands. */
  readonly ended?: { readonly at: Date; readonly state: State; readonly by: string }
}

/** Nothing of a frozen job starts or completes until somebody unfreezes it. */
export interface Freeze {
  readonly by: string
  readonly at: Date
  readonly reason: string
}

/** A locked job is changed by its owner alone until the lock ends. */
export interface Lock {
  readonly by: string
  readonly at: Date
  readonly reason: string
  readonly until: Date
}

export interface Job {
  readonly id: string
  readonly name: string
  readonly sourceId: string
  readonly state: State
  /** Set while `paused` or `error` (and on the way there): what `resume` or `retry` returns to. */
  readonly resume: ResumeState | null
  /** The last one: it stays to be read when it is over. */
  readonly fault: JobFault | null
  /** Raised by every move and every change of settings; guards all writes and pins approvals. */
  readonly version: number
  /** Raised whenever somebody takes the job's work; a write or an order with a lower one changes nothing. */
  readonly epoch: number
  /** What the migration ends in: images alone, or the disks of an instance that stands already (S17). */
  readonly target: 'image' | 'instance'
  /** The instance whose disks are replaced at completion; null with the target image. */
  readonly destination: string | null
  readonly region: string
  readonly zone: string
  /** Automatic incremental sync. Off: after the full sync the job completes by itself. */
  readonly auto: boolean
  readonly intervalMs: number
  /** Comes into force when the next sync ends (S6); null when nothing is pending. */
  readonly pendingIntervalMs: number | null
  readonly keep: number
  /** The pattern of its images' names (`core/domain/image-name.ts`). */
  readonly imageName: string
  /** The most that a sync may send in a second; null: no limit. */
  readonly bytesPerSecond: number | null
  /** Null: as the installation does. */
  readonly compression: Compression | null
  readonly connections: number | null
  /** How long writes of the source may be held so that an image is one instant (S9); null: not at all. */
  readonly holdMs: number | null
  /** When the next automatic sync is due; null when none is. */
  readonly nextSyncAt: Date | null
  /** Why it is later than its interval says, as a sentence; null when it is not. */
  readonly deferral: string | null
  /** When a cutover is allowed, in the words of window.ts; empty: always. */
  readonly windows: readonly string[]
  readonly frozen: Freeze | null
  /** May have ended: `lockAgainst` says whether it counts. */
  readonly lock: Lock | null
  readonly intermediate: IntermediateStatus
  /** A `complete` has been accepted: what follows the sync in progress is the end. */
  readonly completing: boolean
  readonly createdAt: Date
  readonly createdBy: string
  readonly endedAt: Date | null
  /** Given when the job is a clone: the job whose last image it starts from. */
  readonly clonedFrom: string | null
}

export interface JobDisk {
  readonly index: number
  readonly path: string
  readonly identity: string
  readonly sizeBytes: number
}

export interface SyncProgress {
  readonly totalBytes: number
  readonly comparedBytes: number
  readonly changedBytes: number
  readonly appliedBytes: number
  readonly wireBytes: number
  /** Bytes per second over the last reports. */
  readonly compareRate: number
  readonly applyRate: number
  readonly limitedBy: 'disk' | 'network' | 'receiver' | 'limit' | null
  /** 0 to 100 while an image is being made. */
  readonly imagePercent: number
  /** What the agent says about how it compares (`full comparison: no change tracking`). */
  readonly comparison: string
  readonly at: Date | null
}

export interface Sync {
  readonly id: string
  readonly jobId: string
  /** 1, 2, 3 … within the job; what operators read. */
  readonly number: number
  readonly kind: SyncKind
  readonly trigger: Trigger
  readonly askedBy: string
  /** Where people see what has asked: the page of a workflow run. Null where a person did, at a door. */
  readonly page: string | null
  readonly phase: Phase
  readonly result: SyncResult
  readonly startedAt: Date
  readonly endedAt: Date | null
  /** When the blocks were all durable, and when the image was Available. */
  readonly transferredAt: Date | null
  readonly imageId: string | null
  /** Somebody has said that nothing writes to the source any more: the image of this sync is exact. */
  readonly servicesStopped: boolean
  /** What the copy is of, once the agent has told; null from an agent that does not. */
  readonly instant: Instant | null
  readonly progress: SyncProgress
  /** How many orders were given for it: more than one when it was taken up again. */
  readonly tries: number
  /** When the agent was first ordered to begin; before that the intermediate was got ready. */
  readonly orderedAt: Date | null
  /** Of the time until `transferredAt`, the part that network, receiver or limit bounded; the rest was the disk. */
  readonly transferringMs: number
  /** It was paused or in Error on its way, so that how long it took says nothing. */
  readonly interrupted: boolean
  /** Made when it started; null for one that ended before it could be. */
  readonly forecast: Forecast | null
}

export interface Image {
  readonly id: string
  readonly jobId: string
  readonly syncId: string
  /** The sync's number: how operators name it (`image=4`). */
  readonly number: number
  readonly cloudId: string
  readonly name: string
  readonly createdAt: Date
  /** A person wants it to stay, whatever `keep` says. */
  readonly pinned: boolean
  /** The cloud said so when it was to be deleted: a server is made of it. */
  readonly inUse: boolean
  /** Its deletion has begun; it cannot be pinned any more. */
  readonly deleting: boolean
  readonly deletedAt: Date | null
  /** One per disk, in disk order: the root of the manifest that the image must hold. */
  readonly roots: readonly string[]
  readonly verdict: 'Verified' | 'Not Verified' | null
  /** Plain words about the instant: whether writes were held while it was taken. */
  readonly consistency: string
}

/** The progress of a sync of which nothing has been reported yet. */
export const NO_PROGRESS: SyncProgress = {
  totalBytes: 0,
  comparedBytes: 0,
  changedBytes: 0,
  appliedBytes: 0,
  wireBytes: 0,
  compareRate: 0,
  applyRate: 0,
  limitedBy: null,
  imagePercent: 0,
  comparison: '',
  at: null,
}
