/**
 * Verification of one image (S16), in two parts that leave nothing behind:
 *
 *   an inspector, an instance whose data disks are made of the image's snapshots, reads every byte and looks at the
 *   file systems: its roots must be those of the sync that the image was made by;
 *   a test instance made of the image itself must boot, which the Cloud Assistant in it tells.
 *
 * Verified is never said without a boot. Both instances are released whatever happens; a crash in the middle is
 * followed by another run, which finds them by the ledger.
 */
import { wholeGiB } from '../domain/bytes.ts'
import { Fault, faultEntry } from '../domain/faults.ts'
import type { FaultCode } from '../domain/faults.ts'
import type { Image, Job } from '../domain/job.ts'
import { deriveSecret, hashSecret } from '../domain/secret.ts'
import type { Claim, Verification, VerificationCheck } from '../ports/store.ts'
import { acquire } from './acquire.ts'
import type { Parts } from './parts.ts'
import { releaseInstance } from './release.ts'
import { dataDevice, userData } from './user-data.ts'
import { ENGINE, LeaseLost } from './work.ts'

/** The cloud releases a forgotten test instance by itself after this time. */
const LEAK_GUARD_MS = 2 * 3_600_000
/** How the ledger tells both instances; their keys begin with the verification's id. */
export const OF_VERIFICATION = 'of a verification'
/** The name of the check that a booted instance passes. */
const BOOT = 'boot'

interface Case {
  readonly parts: Parts
  readonly signal: AbortSignal
  readonly claim: Claim
  readonly verification: Verification
  readonly image: Image
  readonly job: Job
}

export async function verify(parts: Parts, claim: Claim, signal: AbortSignal): Promise<void> {
  const { store } = parts
  const verification = await store.verifications.byId(claim.id)
  if (verification === undefined || verification.endedAt !== null) return
  const image = await store.images.byId(verification.imageId)
  const job = await store.jobs.byId(verification.jobId)
  if (image === undefined || job === undefined)
    throw new Error(`verification ${claim.id} has no image or job`)
  const one: Case = { parts, signal, claim, verification, image, job }
  const cause = (await inspect(one)) ?? (await boot(one))
  await conclude(one, cause)
}

async function conclude(
  { parts, claim, verification, image, job }: Case,
  cause: FaultCode | undefined,
): Promise<void> {
  const verdict = cause === undefined ? 'Verified' : 'Not Verified'
  const title = `${job.name}: image #${image.number} is ${verdict}`
  await parts.store.verifications.end(
    verification.id,
    claim.epoch,
    verdict,
    cause ?? null,
    {
      actor: ENGINE,
      action: 'verify',
      outcome: verdict,
      facts: { image: image.cloudId, cause: cause ?? null },
    },
    {
      severity: cause === undefined ? 'info' : 'warning',
      title: cause === undefined ? title : `${title}: ${faultEntry(cause).title}`,
    },
  )
}

/** Reads the image's disks. Returns the cause when they are not what was synced. */
async function inspect(one: Case): Promise<FaultCode | undefined> {
  const { store, settings } = one.parts
  const key = await inspectorKey(one)
  try {
    const planned = await store.intermediates.plan({
      jobId: one.job.id,
      mode: 'inspect',
      resourceKey: key,
      tokenHash: hashSecret(deriveSecret(settings.installationSecret, key)),
      carrier: false,
    })
    if (planned.report == null) await createInspector(one, key)
    const report = await until(one, settings.timings.lookMs, settings.timings.inspectMs, async () => {
      const current = await store.intermediates.byKey(key)
      return current?.report ?? undefined
    })
    if (report === undefined) throw new Fault('RECEIVER_NOT_STARTED', 'the inspector has not reported')
    const checks = checksOf(report, one.image.roots)
    await store.verifications.setChecks(one.verification.id, one.claim.epoch, checks)
    return checks.some((check) => check.ok === false) ? 'BYTES_DIFFER' : undefined
  } finally {
    await releaseByKey(one, key)
  }
}

/** An inspector that was given up without a report is followed by one with another token: its own lets nobody in any more. */
async function inspectorKey({ parts: { store }, verification }: Case): Promise<string> {
  for (let number = 1; ; number++) {
    const key = `${verification.id}/inspector${number === 1 ? '' : `/${number}`}`
    const known = await store.intermediates.byKey(key)
    if (known?.endedAt === undefined || known.report !== undefined) return key
  }
}

/** What an inspector reports (`ReceiverReport` of the control protocol, status `inspected` or `failed`). */
interface InspectorReport {
  readonly fault?: { readonly code: string; readonly detail: string }
  readonly disks?: readonly {
    readonly index: number
    readonly root: string
    readonly checks?: readonly VerificationCheck[]
  }[]
}

function checksOf(report: InspectorReport, roots: readonly string[]): VerificationCheck[] {
  if (report.fault !== undefined)
    return [{ name: 'read the image', ok: false, detail: `${report.fault.code}: ${report.fault.detail}` }]
  return (report.disks ?? []).flatMap((disk) => {
    const expected = roots[disk.index]
    const isEqual = disk.root === expected
    const bytes = {
      name: `bytes of disk ${disk.index}`,
      ok: isEqual,
      detail: isEqual
        ? `root ${disk.root} equals the sync’s`
        : `root ${disk.root}; the sync’s is ${expected ?? 'unknown'}`,
    }
    return [
      bytes,
      ...(disk.checks ?? []).map((check) => ({ ...check, name: `disk ${disk.index}: ${check.name}` })),
    ]
  })
}

async function createInspector(one: Case, key: string): Promise<void> {
  const { store, cloud, settings } = one.parts
  const source = await cloud.image(one.image.cloudId)
  if (source === undefined) throw new Fault('CLOUD_REFUSED', `the image ${one.image.cloudId} is gone`)
  const disks = await store.jobs.disks(one.job.id)
  await acquire(
    one.parts,
    {
      key,
      jobId: one.job.id,
      syncId: null,
      kind: 'instance',
      purpose: `inspector ${OF_VERIFICATION}`,
      request: {
        receiver: settings.bundles.receiver,
        node: settings.bundles.node,
        server: settings.serverUrl,
      },
    },
    (request, token, tags) =>
      cloud.createInstance({
        ...place(one),
        token,
        tags,
        name: `ferry-inspect-${one.job.name}`,
        imageId: settings.cloud.baseImage,
        systemDiskGiB: 20,
        dataDisks: source.snapshotIds.map((snapshotId, index) => ({
          sizeGiB: wholeGiB(disks[index]?.sizeBytes ?? 0, 20),
          snapshotId,
        })),
        userData: userData({
          mode: 'inspect',
          server: request.server,
          token: deriveSecret(settings.installationSecret, key),
          port: settings.receiverPort,
          receiverDigest: request.receiver,
          nodeDigest: request.node,
          disks: disks.map((disk, index) => ({
            index: disk.index,
            device: dataDevice(index),
            sizeBytes: disk.sizeBytes,
            blank: false,
          })),
        }),
      }),
  )
}

/** Starts a server of the image. Returns the cause when it does not come up. */
async function boot(one: Case): Promise<FaultCode | undefined> {
  const { cloud, store, settings } = one.parts
  const key = `${one.verification.id}/boot`
  const causeOf = (ok: boolean | null): FaultCode | undefined => (ok === true ? undefined : 'NOT_BOOTED')
  try {
    // Told before a crash: a second test instance would tell nothing new.
    const known = one.verification.checks.find(({ name }) => name === BOOT)
    if (known !== undefined) return causeOf(known.ok)
    const id = await acquire(
      one.parts,
      {
        key,
        jobId: one.job.id,
        syncId: null,
        kind: 'instance',
        purpose: `test instance ${OF_VERIFICATION}`,
        request: {},
      },
      async (_request, token, tags) =>
        cloud.createInstance({
          ...place(one),
          token,
          tags,
          name: `ferry-verify-${one.job.name}`,
          imageId: one.image.cloudId,
          systemDiskGiB: wholeGiB((await store.jobs.disks(one.job.id))[0]?.sizeBytes ?? 0, 20),
          dataDisks: [],
          publicAddress: false,
        }),
    )
    const answers = await until(one, settings.timings.cloudLookMs, settings.timings.bootMs, async () => {
      const instance = await cloud.instance(id)
      return instance?.status === 'Running' && (await cloud.assistantAnswers(id)) ? true : undefined
    })
    const check = {
      name: BOOT,
      ok: answers === true,
      detail:
        answers === true
          ? 'the Cloud Assistant in the booted instance answers'
          : `no answer of the Cloud Assistant within ${Math.round(settings.timings.bootMs / 1000)} s`,
    }
    await store.verifications.setChecks(one.verification.id, one.claim.epoch, [check])
    return causeOf(check.ok)
  } finally {
    await releaseByKey(one, key)
  }
}

function place({ parts: { settings, clock }, job }: Case): {
  instanceTypes: readonly string[]
  zone: string
  vSwitch: string
  securityGroup: string
  publicAddress: boolean
  releaseAt: Date
} {
  const { instanceTypes, vSwitch, securityGroup, publicAddress } = settings.cloud
  const releaseAt = new Date(clock.now().getTime() + LEAK_GUARD_MS)
  return { instanceTypes, zone: job.zone, vSwitch, securityGroup, publicAddress, releaseAt }
}

/** Releases what was made under the key, also what followed it under the same one with a number. */
async function releaseByKey(one: Case, key: string): Promise<void> {
  const { timings } = one.parts.settings
  const open = await one.parts.store.ledger.open(one.job.id)
  for (const resource of open.filter((each) => each.key === key || each.key.startsWith(`${key}/`)))
    await until(one, timings.cloudLookMs, timings.receiverStartMs, async () =>
      (await releaseInstance(one.parts, resource)) ? true : undefined,
    )
  const inspector = await one.parts.store.intermediates.byKey(key)
  if (inspector !== undefined) await one.parts.store.intermediates.end(inspector.id)
}

/** Looks until `probe` returns something; undefined when the time is over. Throws when the lease is lost. */
async function until<T>(
  one: Case,
  everyMs: number,
  forMs: number,
  probe: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const { clock } = one.parts
  const end = clock.now().getTime() + forMs
  for (;;) {
    if (one.signal.aborted) throw new LeaseLost()
    const found = await probe()
    if (found !== undefined) return found
    if (clock.now().getTime() >= end) return undefined
    await clock.sleep(everyMs, one.signal)
  }
}
