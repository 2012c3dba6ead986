/** An order's counters in the words of its report. */
import type { AgentReport, MachineFault, SyncInstant } from '../protocol/control.ts'
import type { Course } from './course.ts'
import type { OrderAsked } from './order-messages.ts'
import type { Progress } from './progress.ts'

/** Of the time since the last report, the share of waiting for something that makes it the bound. */
const BOUND_SHARE = 0.3
/** While less than this share of what was compared differs, the order is called comparing. */
const TRANSFER_SHARE = 0.1

interface Waits {
  readonly at: number
  readonly drainUs: number
  readonly ackUs: number
  readonly limitUs: number
}

export class OrderFigures {
  private readonly order: OrderAsked
  private readonly progress: Progress
  private last: Waits
  private limitedBy: AgentReport['limitedBy'] = 'disk'
  /** Its passes, once they have begun. */
  course: Course | undefined
  /** What the copy is of, once that is known. */
  instant: SyncInstant | undefined

  constructor(order: OrderAsked, progress: Progress) {
    this.order = order
    this.progress = progress
    this.last = this.waits()
  }

  /** `roots` in the order of the order's disks. */
  report(
    status: AgentReport['status'],
    end: { readonly roots?: readonly string[]; readonly fault?: MachineFault } = {},
  ): AgentReport {
    const { sync, epoch } = this.order
    const disks = this.order.disks.map(({ index, sizeBytes }, place) => {
      const root = end.roots?.[place]
      const comparedBytes = this.progress.getDisk(place, 'comparedBytes')
      const wantedBytes = this.course?.comparison ? this.progress.getDisk(place, 'wantedBytes') : sizeBytes
      return {
        index,
        totalBytes: Math.max(wantedBytes, comparedBytes),
        comparedBytes,
        changedBytes: this.progress.getDisk(place, 'changedBytes'),
        appliedBytes: this.progress.getDisk(place, 'appliedBytes'),
        ...(root === undefined ? {} : { root }),
      }
    })
    const sum = (field: 'comparedBytes' | 'changedBytes' | 'totalBytes'): number =>
      disks.reduce((total, disk) => total + disk[field], 0)
    const isComparing =
      sum('comparedBytes') < sum('totalBytes') && sum('changedBytes') <= sum('comparedBytes') * TRANSFER_SHARE
    return {
      sync,
      epoch,
      status,
      phase: isComparing || this.order.kind === 'estimate' ? 'comparing' : 'transferring',
      disks,
      wireBytes: this.progress.get('wireBytes'),
      limitedBy: this.bound(),
      comparison: this.course?.comparison ?? '',
      ...(end.roots && this.instant ? { instant: this.instant } : {}),
      ...(end.fault ? { fault: end.fault } : {}),
    }
  }

  private waits(): Waits {
    const [drainUs, ackUs, limitUs] = [
      this.progress.get('drainUs'),
      this.progress.get('ackUs'),
      this.progress.get('limitUs'),
    ]
    return { at: performance.now(), drainUs, ackUs, limitUs }
  }

  private bound(): AgentReport['limitedBy'] {
    const now = this.waits()
    const elapsedUs = (now.at - this.last.at) * 1000 * this.order.connections
    // Too short a time says nothing: keep what was found last.
    if (elapsedUs < 200_000) return this.limitedBy
    const share = (field: 'drainUs' | 'ackUs' | 'limitUs'): number =>
      (now[field] - this.last[field]) / elapsedUs
    const [limit, receiver, network] = [share('limitUs'), share('ackUs'), share('drainUs')]
    this.last = now
    const most = Math.max(limit, receiver, network)
    this.limitedBy =
      most < BOUND_SHARE ? 'disk' : most === limit ? 'limit' : most === receiver ? 'receiver' : 'network'
    return this.limitedBy
  }
}
