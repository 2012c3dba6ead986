/**
 * The intermediate: the instance that holds the copy while a migration lasts.
 *
 * `readyIntermediate` leads, from whatever stands, to an intermediate whose receiver answers:
 *   planned in the store → instance asked for (once, by the ledger) → Running, address known → receiver registered
 *   and heard of lately. A receiver that is silent although its instance runs is restarted with it: that is what a
 *   person's `retry` means. An instance that two reads, some time apart, do not find is gone for good (S21).
 */
import { Fault } from '../domain/faults.ts'
import { wholeGiB } from '../domain/bytes.ts'
import { deriveSecret, hashSecret } from '../domain/secret.ts'
import type { CloudImage, Instance } from '../ports/cloud.ts'
import type { Intermediate } from '../ports/machines.ts'
import { acquire } from './acquire.ts'
import { attachCarrier } from './carrier.ts'
import { standingInstance } from './lost.ts'
import { dataDevice, userData } from './user-data.ts'
import type { JobWork } from './work.ts'

/** The name by which operators know it in the cloud's console, and know not to touch it. */
const NAME = 'No_Delete_SMC_Transition_Instance'
/** The smallest data disk that the cloud makes. */
const LEAST_DISK_GIB = 20

export async function readyIntermediate(work: JobWork): Promise<Intermediate> {
  const { store, settings } = work.parts
  const planned = (await store.intermediates.current(work.job.id)) ?? (await plan(work))
  const instanceId = planned.instanceId ?? (await createInstance(work, planned))
  // Said only now: what the cloud refused to create costs nothing.
  if (work.job.intermediate !== 'ready' && work.job.intermediate !== 'creating')
    await work.change('intermediate.creating', () => ({ set: { intermediate: 'creating' } }))
  const isSwitchedOff = planned.carrier && (await attachCarrier(work, instanceId))
  const heardBefore = isSwitchedOff ? ((await lastHeard(work)) ?? 0) : undefined
  const instance = await runningInstance(work, instanceId)
  await store.intermediates.setInstance(planned.id, instanceId, instance.address)
  const restarted = heardBefore ?? (await restartIfSilent(work, planned.id, instance))
  const ready = await work.until(
    async () => {
      const now = await store.intermediates.current(work.job.id)
      const seen = now?.receiver?.seenAt.getTime() ?? 0
      return now?.receiver !== undefined && seen > restarted ? now : undefined
    },
    settings.timings.lookMs,
    settings.timings.receiverStartMs,
    () =>
      new Fault('RECEIVER_NOT_STARTED', `the receiver on ${instanceId} has not reported`, {
        instance: instanceId,
      }),
  )
  if (work.job.intermediate !== 'ready')
    await work.change('intermediate.ready', () => ({
      set: { intermediate: 'ready' },
      facts: { instance: instanceId },
    }))
  return ready
}

async function lastHeard({ parts, job }: JobWork): Promise<number | undefined> {
  return (await parts.store.intermediates.current(job.id))?.receiver?.seenAt.getTime()
}

async function plan(work: JobWork): Promise<Intermediate> {
  const { store, settings } = work.parts
  const plain = `${work.job.id}/intermediate`
  // One that has ended while the job goes on was given up for one with a carrier.
  const carrier = (await store.intermediates.byKey(plain))?.endedAt !== undefined
  const resourceKey = carrier ? `${plain}/with-carrier` : plain
  return store.intermediates.plan({
    jobId: work.job.id,
    mode: 'receive',
    resourceKey,
    tokenHash: hashSecret(deriveSecret(settings.installationSecret, resourceKey)),
    carrier,
  })
}

async function createInstance(work: JobWork, intermediate: Intermediate): Promise<string> {
  const { store, cloud, settings } = work.parts
  const { job } = work
  const disks = await store.jobs.disks(job.id)
  const snapshots = job.clonedFrom === null ? [] : (await lastImage(work, job.clonedFrom)).snapshotIds
  const places = disks.map((disk, place) => ({
    ...disk,
    // A carrier is attached after the disks that the instance was made with.
    device: dataDevice(intermediate.carrier ? (place + disks.length - 1) % disks.length : place),
    snapshotId: snapshots[place],
  }))
  const { resourceKey } = intermediate
  return acquire(
    work.parts,
    {
      key: resourceKey,
      jobId: job.id,
      syncId: null,
      kind: 'instance',
      purpose: 'intermediate',
      request: {
        receiver: settings.bundles.receiver,
        node: settings.bundles.node,
        server: settings.serverUrl,
      },
    },
    (request, token, tags) =>
      cloud.createInstance({
        token,
        tags,
        name: NAME,
        imageId: settings.cloud.baseImage,
        instanceTypes: settings.cloud.instanceTypes,
        zone: job.zone,
        vSwitch: settings.cloud.vSwitch,
        securityGroup: settings.cloud.securityGroup,
        publicAddress: settings.cloud.publicAddress,
        systemDiskGiB: LEAST_DISK_GIB,
        dataDisks: places
          .filter(({ index }) => !(intermediate.carrier && index === 0))
          .map(({ sizeBytes, snapshotId }) => ({
            sizeGiB: wholeGiB(sizeBytes, LEAST_DISK_GIB),
            ...(snapshotId === undefined ? {} : { snapshotId }),
          })),
        userData: userData({
          mode: 'receive',
          server: request.server,
          token: deriveSecret(settings.installationSecret, resourceKey),
          port: settings.receiverPort,
          receiverDigest: request.receiver,
          nodeDigest: request.node,
          disks: places.map(({ index, sizeBytes, device, snapshotId }) => ({
            index,
            device,
            sizeBytes,
            blank: snapshotId === undefined && !(intermediate.carrier && index === 0),
          })),
        }),
      }),
  )
}

async function lastImage(work: JobWork, clonedFrom: string): Promise<CloudImage> {
  const { store, cloud } = work.parts
  const newest = (await store.images.list(clonedFrom)).at(-1)
  const image = newest === undefined ? undefined : await cloud.image(newest.cloudId)
  if (image === undefined)
    throw new Fault('CLOUD_REFUSED', 'the image that this job was to start from is gone', {
      image: newest?.cloudId ?? 'none',
    })
  return image
}

/** The instance once it runs and has an address; a stopped one is started. Lost ones are told for good. */
async function runningInstance(work: JobWork, instanceId: string): Promise<Instance> {
  const { cloud, settings } = work.parts
  return work.until(
    async () => {
      const instance = await standingInstance(work, instanceId)
      if (instance.status === 'Stopped') await cloud.restartInstance(instanceId)
      return instance.status === 'Running' && instance.address !== '' ? instance : undefined
    },
    settings.timings.cloudLookMs,
    settings.timings.receiverStartMs,
    () => new Fault('CLOUD_WAIT', `${instanceId} does not get to Running`, { instance: instanceId }),
  )
}

/**
 * Restarts the instance when its receiver has fallen silent. Before that it is given one heartbeat to show that it
 * lives: an agent may have missed it for a moment, or the bot was away and heard nobody. Returns the time after which it must have been heard of to count as answering.
 */
async function restartIfSilent(work: JobWork, id: string, instance: Instance): Promise<number> {
  const { store, cloud, clock, settings, log } = work.parts
  const { receiverSilenceMs, receiverBeatMs, lookMs } = settings.timings
  const seenAt = async (): Promise<number | undefined> => {
    const current = await store.intermediates.current(work.job.id)
    return current?.id === id ? current.receiver?.seenAt.getTime() : undefined
  }
  const first = await seenAt()
  if (first === undefined) return 0
  const now = clock.now().getTime()
  const { fault } = work.job
  const doubtedAt = fault?.code === 'RECEIVER_UNREACHABLE' ? fault.at.getTime() : 0
  const aliveSince = Math.max(now - receiverSilenceMs, doubtedAt)
  if (first > aliveSince) return aliveSince
  while (clock.now().getTime() < now + receiverBeatMs) {
    await work.sleep(lookMs)
    if (((await seenAt()) ?? 0) > aliveSince) return aliveSince
  }
  log.info('restarting the intermediate: its receiver is silent', {
    job: work.job.name,
    instance: instance.id,
  })
  await cloud.restartInstance(instance.id)
  return (await seenAt()) ?? first
}
