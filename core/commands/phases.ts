/** What the phases of a sync took, and what was moved in them: read from the reply of `history`, for pages that are kept. */
import { formatBytes, formatRate } from '../domain/bytes.ts'
import { formatDuration } from '../domain/duration.ts'
import type { Reply, Table } from './reply.ts'

/** One sync as `history` tells it to programs. */
interface Told {
  readonly id: string
  readonly sync: number
  readonly kind: string
  readonly startedAt: string
  readonly endedAt: string | null
  readonly comparedBytes: number
  readonly changedBytes: number
  readonly wireBytes: number
  readonly took: {
    readonly comparing: number
    readonly transferring: number
    readonly imaging: number
    readonly total: number
  } | null
}

export interface Stretch {
  readonly label: string
  /** Milliseconds since 1970. */
  readonly from: number
  readonly to: number
}

export interface SyncPhases {
  /** `#3 incremental` */
  readonly title: string
  readonly table: Table
  /** In order, without gaps. */
  readonly stretches: readonly Stretch[]
}

/** The phases of one sync that has ended; undefined when `history` does not tell of it. */
export function phasesOf(history: Reply, syncId: unknown): SyncPhases | undefined {
  const syncs = history.data?.['syncs']
  const sync = (Array.isArray(syncs) ? (syncs as Told[]) : []).find(({ id }) => id === syncId)
  if (sync?.endedAt == null) return undefined
  const [start, end] = [Date.parse(sync.startedAt), Date.parse(sync.endedAt)]
  const { took } = sync
  const moving = took === null ? 0 : took.comparing + took.transferring
  const rate = (bytes: number): string => (moving < 1000 ? '' : formatRate((1000 * bytes) / moving))
  const compared = `${formatBytes(sync.comparedBytes)} compared`
  const sent = `${formatBytes(sync.changedBytes)} changed, ${formatBytes(sync.wireBytes)} sent`
  const whole = ['whole sync', formatDuration(end - start), sent, '']
  const columns = ['phase', 'took', 'bytes', 'rate']
  const title = `#${sync.sync} ${sync.kind}`
  if (took === null)
    return {
      ...{ title, table: { columns, rows: [['interrupted on its way', '', compared, ''], whole] } },
      stretches: [{ label: 'sync', from: start, to: end }],
    }
  const ready = Math.max(start, end - took.total)
  const bounds = [start, ready, ready + took.comparing, ready + moving, end]
  const labels = ['preparing', 'comparing', 'transferring', 'imaging']
  return {
    title,
    table: {
      columns,
      rows: [
        ['preparing', formatDuration(ready - start), '', ''],
        [
          'comparing (bounded by the disk)',
          formatDuration(took.comparing),
          compared,
          rate(sync.comparedBytes),
        ],
        [
          'transferring (bounded by network or limit)',
          formatDuration(took.transferring),
          sent,
          rate(sync.wireBytes),
        ],
        ['imaging (in the cloud)', formatDuration(took.imaging), '', ''],
        whole,
      ],
    },
    stretches: labels.map((label, at) => ({ label, from: bounds[at] ?? start, to: bounds[at + 1] ?? end })),
  }
}
