/** `85%` as 85; 0 while the cloud says nothing. */
export function toPercent(progress: string | undefined): number {
  const percent = Number.parseInt(progress ?? '', 10)
  return Number.isNaN(percent) ? 0 : Math.min(100, Math.max(0, percent))
}
