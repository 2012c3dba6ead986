/** Drills of jobs. One begins with `JobChange.startDrill` and ends with `JobChange.endDrill`, with the job's move. */
import type { Drill } from '../domain/drill.ts'

export interface Drills {
  /** The one without a result, if any. */
  running(jobId: string): Promise<Drill | undefined>
  latest(jobId: string): Promise<Drill | undefined>
  /** Notes what a running drill waits for, so that who takes it over asks for nothing twice. Repeatable. */
  setAsked(id: string, what: keyof Drill['asked'], asked: string): Promise<void>
}
