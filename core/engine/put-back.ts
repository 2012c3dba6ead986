/**
 * The way back (S17): the old disks of a destination are put back, from wherever its replacement stands. The old
 * system disk comes from its snapshot, the old data disks are the very disks. The migrated data disks are kept, for
 * what was written to them since; a new system disk that never was in use by anybody goes.
 */
import type { Swap } from '../domain/destination.ts'
import { deviceAt, diskWords, swapKey } from '../domain/destination.ts'
import { Fault, faultDetail, FAULTS } from '../domain/faults.ts'
import type { Job } from '../domain/job.ts'
import type { Destination } from '../ports/destinations.ts'
import type { Claim } from '../ports/store.ts'
import type { Wait } from './instance-disks.ts'
import { handOver, InstanceSteps, systemImage, takeIntoLedger } from './instance-disks.ts'
import type { Parts } from './parts.ts'
import { ENGINE, LeaseLost } from './work.ts'

const PATIENCE_MS = 3_600_000

/** Carries one way back out. Repeatable from its first line. */
export async function putBack(parts: Parts, claim: Claim, signal: AbortSignal): Promise<void> {
  const { store } = parts
  const destination = await store.destinations.of(claim.id)
  const job = await store.jobs.byId(claim.id)
  const swap = destination?.swap
  if (job === undefined || destination === undefined || swap == null) return
  if (destination.wayBackAskedBy === null || destination.epoch !== claim.epoch) return
  await restore(parts, patience(parts, signal), job, destination, swap)
  await store.destinations.endWayBack(
    job.id,
    claim.epoch,
    { isBack: true, step: null },
    { actor: ENGINE, action: 'rollback', outcome: 'done', facts: { instance: destination.instanceId } },
    {
      severity: 'warning',
      title: `${job.name}: ${destination.instanceId} has its old disks again (${diskWords(swap.before)})`,
      facts: {
        'What to do': `look at it; \`resources ${job.name}\` lists what is kept, \`clone ${job.name} <new-name>\` goes on with the migration`,
      },
    },
  )
}

/** Ends a way back that failed: it may be asked for again. */
export async function failWayBack(parts: Parts, claim: Claim, fault: Fault): Promise<void> {
  const job = await parts.store.jobs.byId(claim.id)
  const words = `the way back has failed: ${faultDetail(fault)}`
  await parts.store.destinations.endWayBack(
    claim.id,
    claim.epoch,
    { isBack: false, step: words },
    { actor: ENGINE, action: 'rollback', outcome: 'failed', facts: { code: fault.code } },
    {
      severity: 'error',
      title: `${job?.name ?? claim.id}: ${words}`,
      facts: {
        'What to do': `${FAULTS[fault.code].cause} Mend it, then \`rollback ${job?.name ?? ''}\` again.`,
      },
    },
  )
}

function patience(parts: Parts, signal: AbortSignal): Wait {
  const { clock, settings } = parts
  return async (what, probe) => {
    const end = clock.now().getTime() + PATIENCE_MS
    for (;;) {
      if (signal.aborted) throw new LeaseLost()
      const found = await probe()
      if (found !== undefined) return found
      if (clock.now().getTime() >= end) throw new Fault('CLOUD_WAIT', what)
      await clock.sleep(settings.timings.cloudLookMs, signal)
    }
  }
}

async function restore(
  parts: Parts,
  wait: Wait,
  job: Job,
  { instanceId }: Destination,
  swap: Swap,
): Promise<void> {
  const { store, cloud } = parts
  const instance = new InstanceSteps(parts, instanceId, wait)
  const key = swapKey(job.id, swap.number)
  const step = (words: string): Promise<void> => store.destinations.setStep(job.id, `way back: ${words}`)
  await step('stopping')
  await instance.stop()
  await step('putting the old system disk back')
  await restoreSystem(parts, wait, job, instance, swap)
  await step('taking off the migrated data disks')
  for (const disk of await cloud.disksOf(instanceId)) {
    const isOld = swap.before.some(({ id }) => id === disk.id) || disk.device === deviceAt(0)
    const entry = await store.ledger.byCloudId(disk.id)
    // What somebody else has attached since is not ours to take off.
    if (isOld || entry?.jobId !== job.id) continue
    if (entry.releasedAt !== null)
      await takeIntoLedger(
        parts,
        {
          key: `${key}/migrated/${disk.device}`,
          jobId: job.id,
          purpose: `migrated data disk ${disk.device} of ${instanceId}, taken off by \`rollback ${job.name}\``,
          request: {},
        },
        disk.id,
      )
    await instance.takeOff(disk.id)
  }
  // Those that were never handed over hold nothing that the image does not hold.
  for (const disk of (await store.ledger.open(job.id)).filter((each) =>
    each.key.startsWith(`${key}/data/`),
  )) {
    if (disk.cloudId !== null) await cloud.deleteDisk(disk.cloudId)
    await store.ledger.released(disk.key)
  }
  await step('attaching the old data disks')
  for (const old of swap.before.filter(({ device }) => device !== deviceAt(0))) {
    await instance.putOn({ ...old, diskId: old.id })
    const entry = await store.ledger.byCloudId(old.id)
    if (entry !== undefined && entry.releasedAt === null) await handOver(parts, entry)
  }
  if (!swap.wasRunning) return
  await step('starting')
  await instance.start()
}

/** The old system disk is gone once it was replaced: a new one is made of its snapshot. */
async function restoreSystem(
  parts: Parts,
  wait: Wait,
  job: Job,
  instance: InstanceSteps,
  swap: Swap,
): Promise<void> {
  const { store, cloud } = parts
  const key = swapKey(job.id, swap.number)
  const old = swap.before.find(({ device }) => device === deviceAt(0))
  const standing = (await cloud.disksOf(instance.id)).find(({ device }) => device === deviceAt(0))
  if (old === undefined || standing?.id === old.id) return
  const kept = (await store.ledger.open(job.id)).find((each) => each.key.startsWith(`${key}/way-back`))
  const snapshotId = kept?.cloudId
  if (snapshotId == null)
    throw new Fault('CLOUD_REFUSED', 'the snapshot of the old system disk was released: there is no way back')
  const imageId = await systemImage(
    parts,
    wait,
    {
      key: `${key}/old-system`,
      jobId: job.id,
      purpose: `old system disk of ${instance.id}, which runs it again`,
    },
    {
      ...swap.oldSystem,
      name: `ferry-${job.name}-old-system-${swap.number}-${job.id.slice(0, 8)}`,
      description: `Ferry: the system disk of ${instance.id} before ${job.name}`,
      snapshot: { id: snapshotId, sizeGiB: old.sizeGiB },
    },
  )
  const request = { token: `${key}/old-system`, imageId, sizeGiB: old.sizeGiB }
  await instance.replaceSystem(request, async () => (await cloud.instance(instance.id))?.imageId === imageId)
}
