/** How far a running sync is, and how long it still takes. */
import { likelyOf } from './guess.ts'
import type { Phase, Sync, SyncProgress, SyncResult } from './job.ts'

/** A share of an image from which the rest can be told. */
const TELLING_PERCENT = 10

/**
 * How long a whole sync still takes, its image included, in milliseconds; null when that cannot be told. What moves
 * is told from its pace, what is still to come from the forecast.
 */
export function wholeTimeLeft(sync: Sync, now: Date): number | null {
  const { forecast, progress, transferredAt } = sync
  const imaging = forecast === null ? null : likelyOf(forecast.imaging)
  if (sync.phase === 'imaging' || transferredAt !== null) {
    const spent = now.getTime() - (transferredAt ?? now).getTime()
    const percent = progress.imagePercent
    if (percent >= TELLING_PERCENT) return Math.round((spent * (100 - percent)) / percent)
    return imaging === null ? null : Math.max(0, Math.round(imaging - spent))
  }
  const spent = now.getTime() - (sync.orderedAt ?? now).getTime()
  const foretold =
    forecast === null ? null : likelyOf(forecast.comparing) + likelyOf(forecast.transferring) - spent
  const moving = timeLeft(progress) ?? (foretold === null ? null : Math.max(0, foretold))
  return moving === null ? null : Math.round(moving + (imaging ?? 0))
}

/**
 * How long comparison and transfer still take at the rates of the last seconds, in milliseconds; null when they
 * cannot be told. Both run at once, so the slower one counts; what is still to be compared is expected to have
 * changed in the share that has been seen so far.
 */
export function timeLeft(progress: SyncProgress): number | null {
  if (progress.totalBytes === 0) return null
  const toCompare = progress.totalBytes - progress.comparedBytes
  if (toCompare > 0 && progress.compareRate <= 0) return null
  const comparing = toCompare > 0 ? toCompare / progress.compareRate : 0
  const share = progress.comparedBytes > 0 ? progress.changedBytes / progress.comparedBytes : 0
  const toApply = progress.changedBytes - progress.appliedBytes + toCompare * share
  if (toApply > 0 && progress.applyRate <= 0) return comparing > 0 ? comparing * 1000 : null
  const transferring = toApply > 0 ? toApply / progress.applyRate : 0
  return Math.round(Math.max(comparing, transferring) * 1000)
}

/** How much of a sync is done, 0 to 100. 100 is said only when its image is Available. */
export function percentDone(phase: Phase, result: SyncResult, progress: SyncProgress): number {
  if (result === 'ok') return 100
  if (phase === 'imaging') return Math.min(99, Math.floor(90 + progress.imagePercent / 10))
  if (progress.totalBytes === 0) return 0
  const compared = progress.comparedBytes / progress.totalBytes
  const applied = progress.changedBytes === 0 ? compared : progress.appliedBytes / progress.changedBytes
  return Math.min(90, Math.floor(90 * Math.min(compared, compared * 0.5 + applied * 0.5)))
}
