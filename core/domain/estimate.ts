/** What has changed on a source since its last sync: what an estimate is asked with and what it finds. */
import type { JobDisk } from './job.ts'

export interface EstimateAsked {
  readonly disks: readonly (JobDisk & {
    /** Of the manifest as last synced; null when there is none. */
    readonly root: string | null
  })[]
}

interface DiskEstimate {
  readonly index: number
  readonly totalBytes: number
  readonly comparedBytes: number
  readonly changedBytes: number
  /** Whether the agent still has the manifest of the last sync; if not, more may count as changed than has. */
  readonly isKnown: boolean
}

export interface EstimateFound {
  readonly disks: readonly DiskEstimate[]
  /** How it compared, in words; empty or missing from an agent that does not say. */
  readonly comparison?: string | undefined
  readonly comparingMs: number
}
