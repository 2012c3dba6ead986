import type { Image } from './job.ts'
import { imageOfRequest } from './verification.ts'

type Kept = Pick<Image, 'id' | 'number' | 'pinned' | 'inUse'>

/** Why an image stays although `keep` says otherwise; undefined when nothing keeps it. */
export function heldBy(image: Pick<Image, 'pinned' | 'inUse'>): string | undefined {
  const reasons = [...(image.pinned ? ['pinned'] : []), ...(image.inUse ? ['in use'] : [])]
  return reasons.length === 0 ? undefined : reasons.join(', ')
}

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

/**
 * The images, those marked as in use that an instance of the ledger was made or is to be made of, or that a
 * verification under way looks at (S5): the cloud knows of an instance only once it is there.
 */
export function markUsed<T extends Pick<Image, 'id' | 'cloudId' | 'inUse'>>(
  images: readonly T[],
  resources: readonly { readonly kind: string; readonly request: Readonly<Record<string, unknown>> }[],
  verifications: readonly { readonly imageId: string; readonly endedAt: Date | null }[],
): readonly T[] {
  const made = new Set(
    resources.filter(({ kind }) => kind === 'instance').map(({ request }) => imageOfRequest(request)),
  )
  const read = new Set(verifications.filter(({ endedAt }) => endedAt === null).map(({ imageId }) => imageId))
  return images.map((image) =>
    made.has(image.cloudId) || read.has(image.id) ? { ...image, inUse: true } : image,
  )
}
