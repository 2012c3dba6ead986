import type { TaggedResource } from '../ports/cloud.ts'
import type { Resource } from '../ports/store.ts'
import type { Parts } from './parts.ts'

/** How long after its release a thing may still be on its way out. */
const LEAVING_MS = 600_000

/**
 * Deletes what costs money although the ledger has let it go, or has another thing in its place: a call that the
 * cloud carried out after everybody had given it up, or carried out twice. Only what carries a key of this ledger is
 * touched; another installation in the same account has keys of its own. Repeatable.
 */
export async function sweep(parts: Parts): Promise<void> {
  const { store, cloud, clock, log } = parts
  const before = clock.now().getTime() - LEAVING_MS
  for (const found of await cloud.inventory()) {
    const entry = await store.ledger.byKey(found.tags['ferry:key'] ?? '')
    if (entry === undefined || !isStray(found, entry, before)) continue
    log.warn('deleting what no job knows of any more', { kind: found.kind, id: found.id, key: entry.key })
    try {
      if (found.kind === 'image') await cloud.deleteImage(found.id)
      else if (found.kind === 'snapshot') await cloud.deleteSnapshot(found.id)
      else await cloud.deleteInstance(found.id)
    } catch (error) {
      log.warn('it could not be deleted now; it is tried again', { id: found.id, error })
    }
  }
}

/** Disks are left alone: they carry the key of the instance that they came with, and go with it. */
function isStray(found: TaggedResource, entry: Resource, before: number): boolean {
  if (found.kind === 'disk' || found.kind !== entry.kind) return false
  if (entry.releasedAt !== null) return entry.releasedAt.getTime() < before
  return entry.cloudId !== null && entry.cloudId !== found.id
}
