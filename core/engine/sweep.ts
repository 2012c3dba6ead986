/**
 * What the cloud has and the ledger has not: things that a call made after everybody had given it up, or made twice;
 * disks that their instance left behind. They cost money and nobody would ever look for them.
 */
import { ENDED } from '../domain/life.ts'
import type { TaggedResource } from '../ports/cloud.ts'
import type { Resource } from '../ports/store.ts'
import type { Parts } from './parts.ts'

const DAY_MS = 24 * 3_600_000

/** An image holds its snapshots, an instance its disks. */
const ORDER: readonly TaggedResource['kind'][] = ['image', 'snapshot', 'instance', 'disk']

/**
 * Deletes the strays of an inventory. Only what carries the tag of this very installation is touched, and of that only
 * what its own ledger has let go: another installation in the account, and people, have things that look alike.
 * Repeatable.
 */
export async function sweep(parts: Parts, inventory: readonly TaggedResource[]): Promise<void> {
  const { settings, log } = parts
  const ours = inventory.filter(
    ({ tags, instanceId }) =>
      tags['ferry:managed'] === 'true' &&
      tags['ferry:installation'] === settings.installation &&
      // An attached disk goes with its instance.
      instanceId === undefined,
  )
  for (const kind of ORDER)
    for (const found of ours.filter((each) => each.kind === kind)) {
      if (!(await isStray(parts, found))) continue
      log.warn('deleting what no job knows of any more', { kind, id: found.id, key: found.tags['ferry:key'] })
      try {
        await remove(parts, found)
      } catch (error) {
        log.warn('it could not be deleted now; it is tried again', { id: found.id, error })
      }
    }
}

async function isStray(parts: Parts, found: TaggedResource): Promise<boolean> {
  const { store, clock, settings } = parts
  // A carrier has the tags of the instance that it was taken from.
  const holder = await store.ledger.byCloudId(found.id)
  if (holder !== undefined && holder.releasedAt === null) return false
  const before = clock.now().getTime() - settings.timings.leavingMs
  const entry = await store.ledger.byKey(found.tags['ferry:key'] ?? '')
  if (entry === undefined) return isOfEndedJob(parts, found, before)
  if (found.kind === 'disk' && entry.kind === 'instance') return hasLeft(entry, before)
  if (found.kind !== entry.kind) return false
  return hasLeft(entry, before) || (entry.cloudId !== null && entry.cloudId !== found.id)
}

/** Released so long ago that it should be gone. */
function hasLeft({ releasedAt }: Resource, before: number): boolean {
  return releasedAt !== null && releasedAt.getTime() < before
}

/**
 * Made by this installation, and not in its ledger: the database was set back to an older copy. What runs for a job
 * that has ended goes; of anything else people are told every day, since they may still need it.
 */
async function isOfEndedJob(
  { store, log }: Parts,
  { kind, id, tags }: TaggedResource,
  before: number,
): Promise<boolean> {
  const job = await store.jobs.byId(tags['ferry:job'] ?? '')
  const isRunning = kind === 'instance' || kind === 'disk'
  const endedAt = job !== undefined && ENDED.includes(job.state) ? job.endedAt : null
  if (isRunning && endedAt !== null && endedAt.getTime() < before) return true
  log.warn('something of this installation is not in its ledger', { kind, id, job: tags['ferry:job'] })
  if (await store.firstSeen(`unknown resource ${id}`, DAY_MS))
    await store.outbox.add({
      severity: 'warning',
      title: `The ${kind} ${id} was made by this installation, but its ledger does not know it: was the database set back?`,
      facts: { 'What to do': 'if nobody needs it, delete it in the cloud; it costs money' },
    })
  return false
}

async function remove({ cloud }: Parts, { kind, id }: TaggedResource): Promise<void> {
  if (kind === 'image') await cloud.deleteImage(id)
  else if (kind === 'snapshot') await cloud.deleteSnapshot(id)
  else if (kind === 'instance') await cloud.deleteInstance(id)
  else await cloud.deleteDisk(id)
}
