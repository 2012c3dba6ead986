import { Fault } from '../domain/faults.ts'
import type { Resource } from '../ports/store.ts'
import type { JobWork } from './work.ts'
import type { Parts } from './parts.ts'

/** Releases what a job holds beside its images and their snapshots: its intermediate, above all. Repeatable. */
export async function releaseIntermediate(work: JobWork): Promise<void> {
  const { store, cloud, settings } = work.parts
  const instances = (await store.ledger.open(work.job.id)).filter(
    ({ purpose }) => purpose === 'intermediate' || purpose === 'holder of the carrier',
  )
  for (const instance of instances)
    await work.until(
      async () => ((await releaseInstance(work.parts, instance)) ? true : undefined),
      settings.timings.cloudLookMs,
      settings.timings.receiverStartMs,
      () =>
        new Fault('RELEASE_FAILED', `${instance.cloudId ?? instance.key} does not go`, {
          instance: instance.cloudId ?? 'unknown',
        }),
    )
  const disks = (await store.ledger.open(work.job.id)).filter(
    ({ kind, outlivesJob }) => kind === 'disk' && !outlivesJob,
  )
  for (const disk of disks) {
    if (disk.cloudId !== null) await cloud.deleteDisk(disk.cloudId)
    await store.ledger.released(disk.key)
  }
  const current = await store.intermediates.current(work.job.id)
  if (current !== undefined) await store.intermediates.end(current.id)
}

/**
 * Deletes an instance of the ledger; true once the cloud no longer knows it. One whose creation was cut short before
 * its id was recorded is looked up by its tag. Repeatable.
 */
export async function releaseInstance({ store, cloud }: Parts, resource: Resource): Promise<boolean> {
  const found = resource.cloudId ?? (await cloud.instancesTagged({ 'ferry:key': resource.key }))[0]?.id
  if (found !== undefined) {
    await cloud.deleteInstance(found)
    if ((await cloud.instance(found)) !== undefined) return false
  }
  await store.ledger.released(resource.key)
  return true
}
