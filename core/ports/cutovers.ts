/** Cutovers. Each is changed as a whole, guarded by its version; a job is in one open cutover at most. */
import type { Cutover, CutoverPlan } from '../domain/cutover.ts'
import type { AuditEntry } from './jobs.ts'
import type { Notice } from './notices.ts'

export interface Cutovers {
  /** Opens one; undefined when one of its jobs is in another open one, and nothing is written then. */
  start(plan: CutoverPlan, audit: AuditEntry, notice: Notice): Promise<Cutover | undefined>
  byNumber(number: number): Promise<Cutover | undefined>
  /** Those that have not ended, oldest first; with `jobId` the one that this job is in. */
  open(jobId?: string): Promise<readonly Cutover[]>
  /**
   * Writes `next` if the cutover is still at its version, with the audit of each of its jobs; else changes nothing and
   * returns undefined: load it again and decide anew. An ended one lets go of its jobs. Without `audit` nothing is
   * said: what only Ferry notes for itself.
   */
  change(next: Cutover, audit?: AuditEntry, notices?: readonly Notice[]): Promise<Cutover | undefined>
}
