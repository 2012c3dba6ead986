import type { Tags } from '../ports/cloud.ts'
import type { Resource } from '../ports/store.ts'
import type { Parts } from './parts.ts'

/**
 * Gets something billable exactly once: the intention is written to the ledger first, then the cloud is asked under
 * a token and tag made of the same key, then the id is recorded. Killed anywhere between, the next call with the key
 * finds what the last one made. `request` is what was asked for the first time, kept in the ledger: a repeated call
 * must be the same call, also after an upgrade of the bot. What was released meanwhile is made anew under the key
 * with the next number: the cloud would answer the old token with the old, deleted thing.
 */
export async function acquire<R extends Readonly<Record<string, unknown>>>(
  { store, settings }: Pick<Parts, 'store' | 'settings'>,
  resource: Pick<Resource, 'key' | 'jobId' | 'syncId' | 'kind' | 'purpose'> &
    Partial<Pick<Resource, 'outlivesJob'>> & { readonly request: R },
  create: (request: R, token: string, tags: Tags) => Promise<string>,
): Promise<string> {
  for (let number = 1; ; number++) {
    const key = number === 1 ? resource.key : `${resource.key}/${number}`
    const entry = await store.ledger.intend({ ...resource, key })
    if (entry.releasedAt !== null) continue
    if (entry.cloudId !== null) return entry.cloudId
    const id = await create(entry.request as R, key, tagsOf(settings, { ...resource, key }))
    await store.ledger.created(key, id)
    return id
  }
}

/** The tags of what exists already and becomes Ferry's; what Ferry makes gets `ferry:managed` from the adapter. */
export function ownTags(
  settings: Pick<Parts['settings'], 'installation'>,
  resource: Pick<Resource, 'key' | 'jobId' | 'syncId'>,
): Readonly<Record<string, string>> {
  return { 'ferry:managed': 'true', ...tagsOf(settings, resource) }
}

/** What a resource of the ledger is tagged with. */
export function tagsOf(
  { installation }: Pick<Parts['settings'], 'installation'>,
  { key, jobId, syncId }: Pick<Resource, 'key' | 'jobId' | 'syncId'>,
): Tags {
  return {
    'ferry:installation': installation,
    'ferry:job': jobId,
    'ferry:key': key,
    ...(syncId === null ? {} : { 'ferry:sync': syncId }),
  }
}
