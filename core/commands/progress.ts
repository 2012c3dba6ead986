/** A sync's progress in words and bars, the same in every door. */
import { formatBytes, formatRate } from '../domain/bytes.ts'
import { formatDuration } from '../domain/duration.ts'
import { WORKING } from '../domain/life.ts'
import type { ProgressView } from './reply.ts'

/** What bounds a sync, as people read it (C8). */
export const LIMIT_WORDS = {
  disk: 'the source’s disk',
  network: 'the network',
  receiver: 'the receiver',
  limit: 'the bandwidth limit',
} as const

interface Bar {
  readonly label: string
  /** 0 to 1. */
  readonly done: number
  readonly detail: string
}

/** Comparison, transfer and image: the first is bounded by the source's disk, the second by the network. */
export function progressBars(view: ProgressView): readonly Bar[] {
  const isCompared = view.totalBytes > 0 && view.comparedBytes >= view.totalBytes
  return [
    {
      label: 'compare',
      done: share(view.comparedBytes, view.totalBytes),
      detail: `${formatBytes(view.comparedBytes)} of ${formatBytes(view.totalBytes)}${pace(view.phase === 'comparing', view.compareRate)}`,
    },
    {
      label: 'transfer',
      // Until all is compared, how much there is to send is not known; the bar shows what is known so far.
      done: view.changedBytes === 0 ? (isCompared ? 1 : 0) : share(view.appliedBytes, view.changedBytes),
      detail: `${formatBytes(view.appliedBytes)} of ${formatBytes(view.changedBytes)} changed${isCompared ? '' : ' so far'}${pace(view.phase !== 'imaging', view.applyRate)}`,
    },
    { label: 'image', done: share(view.imagePercent, 100), detail: `${view.imagePercent} %` },
  ]
}

/** `comparing, 43 % of the sync, limited by the source’s disk, 2m left` */
export function progressLine(view: ProgressView): string {
  return [
    view.phase,
    `${Math.floor(view.percent)} % of the sync`,
    ...(view.limitedBy === null ? [] : [`limited by ${LIMIT_WORDS[view.limitedBy]}`]),
    ...(view.leftMs === null || view.totalBytes === 0 ? [] : [`${formatDuration(view.leftMs)} left`]),
  ].join(', ')
}

/** Whether a job in this state (`data.state` of a reply) moves on by itself, so that watching it makes sense. */
export function isMoving(state: unknown): boolean {
  return WORKING.some((working) => working === state)
}

/** `████████░░░░░░░░` */
export function drawBar(done: number, width: number): string {
  const full = Math.floor(Math.min(1, Math.max(0, done)) * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}

const share = (part: number, whole: number): number => (whole <= 0 ? 0 : Math.min(1, part / whole))
const pace = (moves: boolean, rate: number): string => (moves && rate > 0 ? `, ${formatRate(rate)}` : '')
