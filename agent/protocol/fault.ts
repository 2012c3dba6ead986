/** A coded problem of a machine, thrown where it is met and reported to the bot. */
import type { MachineFault } from './control.ts'

/** The codes of the fault catalogue that machines use. */
type MachineFaultCode =
  | 'SOURCE_DISK_READ'
  | 'SOURCE_DISK_GONE'
  | 'SOURCE_PERMISSION'
  | 'DISK_CHANGED'
  | 'RECEIVER_UNREACHABLE'
  | 'RECEIVER_DISK_FULL'
  | 'RECEIVER_IO'
  | 'PROTOCOL'
  | 'TICKET_REFUSED'
  | 'ROOTS_DIFFER'
  | 'SOURCE_BUSY'
  | 'INTERNAL'

export class Fault extends Error {
  readonly code: string
  constructor(code: MachineFaultCode, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.code = code
  }
}

/** The errno name of a system error (`ENOSPC`), or undefined. */
export const errnoOf = (problem: unknown): string | undefined =>
  problem instanceof Error && 'code' in problem && typeof problem.code === 'string' ? problem.code : undefined

/** Any problem as the bot wants it; what is not a Fault is a bug of ours. */
export function asMachineFault(problem: unknown): MachineFault {
  if (problem instanceof Fault) return { code: problem.code, detail: problem.message.slice(0, 2000) }
  const detail = problem instanceof Error ? (problem.stack ?? problem.message) : String(problem)
  return { code: 'INTERNAL', detail: detail.slice(0, 2000) }
}
