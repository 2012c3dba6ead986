/** The first part of a verification: an inspector reads the image's own snapshots. */
import { formatBytes, wholeGiB } from '../domain/bytes.ts'
import { Fault } from '../domain/faults.ts'
import type { FaultCode } from '../domain/faults.ts'
import { deriveSecret, hashSecret } from '../domain/secret.ts'
import type { VerificationCheck } from '../ports/store.ts'
import { acquire } from './acquire.ts'
import { dataDevice, userData } from './user-data.ts'
import type { Case } from './verification-case.ts'
import { OF_VERIFICATION, place, releaseByKey, until } from './verification-case.ts'

/** How the checks begin that decide; the file systems are evidence, since a running server leaves them unclean. */
const BYTES = 'bytes of disk'

/** Reads the image's disks. Returns the cause when they are not what was synced. Repeatable. */
export async function inspectImage(one: Case): Promise<FaultCode | undefined> {
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
    if (!isFinal(planned.report)) await createInspector(one, key)
    const total = (await store.jobs.disks(one.job.id)).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const report = await until(one, settings.timings.lookMs, settings.timings.inspectMs, async () => {
      const told = (await store.intermediates.byKey(key))?.report
      if (isFinal(told)) return told
      const words = told == null ? 'starting the inspector' : readWords(told as InspectorReport, total)
      await store.verifications.setDoing(one.verification.id, one.claim.epoch, words)
      return undefined
    })
    if (report === undefined) throw new Fault('RECEIVER_NOT_STARTED', 'the inspector has not reported')
    const checks = checksOf(report, one.image.roots)
    await store.verifications.setChecks(one.verification.id, one.claim.epoch, checks)
    return checks.some(({ name, ok }) => name.startsWith(BYTES) && ok !== true) ? 'BYTES_DIFFER' : undefined
  } finally {
    await releaseByKey(one, key)
  }
}

/** An inspector that was given up without a report is followed by one with another token: its own lets nobody in any more. */
async function inspectorKey({ parts: { store }, verification }: Case): Promise<string> {
  for (let number = 1; ; number++) {
    const key = `${verification.id}/inspector${number === 1 ? '' : `/${number}`}`
    const known = await store.intermediates.byKey(key)
    if (known?.endedAt === undefined || isFinal(known.report)) return key
  }
}

/** Whether an inspector has said its last word; before that it says how far it is. */
function isFinal(report: unknown): report is InspectorReport {
  const status = (report as InspectorReport | null | undefined)?.status
  return status === 'inspected' || status === 'failed'
}

function readWords({ readBytes = 0 }: InspectorReport, total: number): string {
  const percent = total === 0 ? 100 : Math.floor((100 * readBytes) / total)
  return `reading the image: ${percent} %, ${formatBytes(readBytes)} of ${formatBytes(total)}`
}

/** What an inspector reports (`ReceiverReport` of the control protocol). */
interface InspectorReport {
  readonly status: 'alive' | 'inspected' | 'failed'
  readonly readBytes?: number
  readonly fault?: { readonly code: string; readonly detail: string }
  readonly disks?: readonly {
    readonly index: number
    readonly root: string
    readonly checks?: readonly VerificationCheck[]
  }[]
}

/** One check of the bytes for each disk that was synced, told by the inspector or not, then what it saw beside. */
function checksOf(report: InspectorReport, roots: readonly string[]): VerificationCheck[] {
  return roots.flatMap((expected, index) => {
    const disk = report.disks?.find((told) => told.index === index)
    const seen = (disk?.checks ?? []).map((check) => ({ ...check, name: `disk ${index}: ${check.name}` }))
    return [{ name: `${BYTES} ${index}`, ...compareRoots(report, disk?.root, expected) }, ...seen]
  })
}

function compareRoots(
  { fault }: InspectorReport,
  root: string | undefined,
  expected: string,
): Pick<VerificationCheck, 'ok' | 'detail'> {
  if (fault !== undefined) return { ok: false, detail: `${fault.code}: ${fault.detail}` }
  if (root === undefined) return { ok: false, detail: 'the inspector did not tell its root' }
  if (root === expected) return { ok: true, detail: `root ${root} equals the sync’s` }
  return { ok: false, detail: `root ${root}; the sync’s is ${expected}` }
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
