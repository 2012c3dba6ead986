import type { AuditEntry } from './jobs.ts'

export interface AuditRow extends AuditEntry {
  readonly seq: number
  readonly at: Date
  readonly job: string | null
  readonly hash: string
}

export interface Audit {
  /** For what is no change of a job. */
  add(entry: AuditEntry, jobId?: string): Promise<void>
  /** Newest first. */
  list(options: { readonly jobId?: string; readonly limit: number }): Promise<readonly AuditRow[]>
  /** Of these jobs, from `from` to `to`, oldest first; the last 500 of them. */
  of(jobIds: readonly string[], from: Date, to: Date): Promise<readonly AuditRow[]>
  /** The first entry of an actor with this `facts.key`: whether something asked under a key has happened. */
  withKey(key: string): Promise<AuditRow | undefined>
  /** Walks the whole chain; names the first row whose hash does not follow from the one before. */
  verify(): Promise<{ readonly rows: number; readonly brokenAt: number | null; readonly head: string }>
}
