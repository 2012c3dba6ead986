import type { FleetFacts } from '../domain/fleet.ts'
import type { State } from '../domain/job.ts'

export interface FleetFilter {
  /** Left out: all but cleared. */
  readonly states?: readonly State[]
  /** A part of the job's name. */
  readonly text?: string
}

export interface FleetView {
  /** By name. One statement, for an overview of hundreds of jobs in a few dozen milliseconds. */
  list(filter?: FleetFilter): Promise<readonly FleetFacts[]>
}
