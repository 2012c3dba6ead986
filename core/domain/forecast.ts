import type { Phase, SyncProgress, SyncResult } from './job.ts'

/**
 * How long comparison and transfer still take at the rates of the last seconds, in milliseconds; null when they
 * cannot be told. Both run at once, so the slower one counts; what is still to be compared is expected to have
 * changed in the share that has been seen so far.
 */
export function timeLeft(progress: SyncProgress): number | null {
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
