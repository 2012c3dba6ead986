import type { Image } from './job.ts'

type Kept = Pick<Image, 'id' | 'number' | 'pinned' | 'inUse'>

/**
 * Which images go when at most `keep` may stay (S3): the earliest that nothing uses and nobody pinned. The newest
 * is never among them, whatever `keep` says. Fewer than asked may go; then `overflow` says how many stay too many.
 */
export function imagesToDelete<T extends Kept>(
  images: readonly T[],
  keep: number,
): { readonly deletable: readonly T[]; readonly overflow: number } {
  const oldestFirst = [...images].sort((a, b) => a.number - b.number)
  const surplus = Math.max(0, oldestFirst.length - keep)
  const deletable = oldestFirst
    .slice(0, -1)
    .filter((image) => !image.inUse && !image.pinned)
    .slice(0, surplus)
  return { deletable, overflow: surplus - deletable.length }
}
