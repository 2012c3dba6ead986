import { formatBytes, formatRate } from '../domain/bytes.ts'
import { formatDuration } from '../domain/duration.ts'
import type { Sync } from '../domain/job.ts'
import { percentDone, wholeTimeLeft } from '../domain/pace.ts'
import { LIMIT_WORDS } from './progress.ts'
import type { ProgressView } from './reply.ts'

/** A sync as the two bars that every door draws. `moves`: not while its job is Paused or in Error. */
export function progressView(sync: Sync, now: Date, moves = true): ProgressView {
  const { progress } = sync
  return {
    phase: sync.phase,
    totalBytes: progress.totalBytes,
    comparedBytes: progress.comparedBytes,
    changedBytes: progress.changedBytes,
    appliedBytes: progress.appliedBytes,
    wireBytes: progress.wireBytes,
    compareRate: moves ? progress.compareRate : 0,
    applyRate: moves ? progress.applyRate : 0,
    limitedBy: sync.phase === 'imaging' || !moves ? null : progress.limitedBy,
    imagePercent: progress.imagePercent,
    leftMs: moves ? wholeTimeLeft(sync, now) : null,
    percent: percentDone(sync.phase, sync.result, progress),
  }
}

/** `#3 incremental: 12.5 MiB changed, 4.1 MiB sent, 38s`. */
export function syncSummary(sync: Sync): string {
  if (sync.result === 'missed') return `#${sync.number} missed: nothing could run it when it was due`
  const took =
    sync.endedAt === null ? '' : `, ${formatDuration(sync.endedAt.getTime() - sync.startedAt.getTime())}`
  if (sync.orderedAt === null && sync.result === null) return `#${sync.number} ${sync.kind}: about to begin`
  const outcome = sync.result === null ? `${sync.phase}` : sync.result === 'ok' ? '' : `${sync.result}`
  const words = [
    outcome,
    `${formatBytes(sync.progress.changedBytes)} changed`,
    `${formatBytes(sync.progress.wireBytes)} sent`,
  ].filter((word) => word !== '')
  return `#${sync.number} ${sync.kind}: ${words.join(', ')}${took}`
}

/** The rates and what bounds them: `comparing at 1.2 GiB/s, limited by disk`. */
export function paceWords(sync: Sync): string {
  const { progress } = sync
  if (sync.phase === 'imaging') return `image ${progress.imagePercent} %`
  const rate = sync.phase === 'comparing' ? progress.compareRate : progress.applyRate
  return `${sync.phase}${rate === 0 ? '' : ` at ${formatRate(rate)}`}${progress.limitedBy === null ? '' : `, limited by ${LIMIT_WORDS[progress.limitedBy]}`}`
}
