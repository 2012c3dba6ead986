import type { DestinationLook, Swap } from '../domain/destination.ts'
import type { AuditEntry } from './jobs.ts'
import type { Notice } from './notices.ts'

/** The destination of a job, as it was last seen, and what was done to its disks. */
export interface Destination {
  readonly jobId: string
  readonly instanceId: string
  /** Null until it was looked at, and when it does not exist. */
  readonly look: DestinationLook | null
  /** Why it cannot be the destination, in a sentence; null when it can, or was not looked at yet. */
  readonly problem: string | null
  readonly lookedAt: Date | null
  readonly swap: Swap | null
  /** What is being done to it at this moment, in words; null when nothing is. */
  readonly step: string | null
  /** Who has asked for the old disks; null when nobody has, or when they are back. */
  readonly wayBackAskedBy: string | null
  readonly epoch: number
}

/** Destinations. A row is made with its job. */
export interface Destinations {
  of(jobId: string): Promise<Destination | undefined>
  /** Those of jobs that have not ended, the longest unseen first. */
  unfinished(): Promise<readonly Destination[]>
  looked(jobId: string, look: DestinationLook | null, problem: string | null): Promise<void>
  /** Writes down what is there before anything is changed; what was written for a swap under way or done stands. */
  plan(jobId: string, swap: Swap): Promise<Destination>
  setStep(jobId: string, step: string | null): Promise<void>
  /** The new disks are in place. Nothing happens, and nobody is told, when that is known. */
  swapped(jobId: string, check: string, audit: AuditEntry, notice: Notice): Promise<void>
  /**
   * A person asks for the old disks, and the engine is woken. False when there is nothing to take back, or when the
   * job is being carried out at this moment.
   */
  askWayBack(jobId: string, audit: AuditEntry): Promise<boolean>
  /** Ends the way back under its epoch: the old disks are in place, or it failed and may be asked for again. */
  endWayBack(
    jobId: string,
    epoch: number,
    how: { readonly isBack: boolean; readonly step: string | null },
    audit: AuditEntry,
    notice: Notice,
  ): Promise<void>
}
