/**
 * Verification of one image (S16), in two parts that leave nothing behind:
 *
 *   an inspector, an instance whose data disks are made of the image's snapshots, reads every byte and looks at the
 *   file systems: its roots must be those of the sync that the image was made by;
 *   a test instance made of the image itself must boot, which the Cloud Assistant in it tells, and pass the checks.
 *
 * Verified is never said without a boot. Both instances are released whatever happens; a crash in the middle is
 * followed by another run, which finds them by the ledger.
 */
import type { Fault, FaultCode } from '../domain/faults.ts'
import { faultDetail } from '../domain/faults.ts'
import { verdictTitle } from '../domain/verification.ts'
import type { Claim } from '../ports/store.ts'
import { bootImage } from './boot-image.ts'
import { inspectImage } from './inspect-image.ts'
import type { Parts } from './parts.ts'
import type { Case } from './verification-case.ts'
import { ENGINE } from './work.ts'

export async function verify(parts: Parts, claim: Claim, signal: AbortSignal): Promise<void> {
  const { store } = parts
  const verification = await store.verifications.byId(claim.id)
  if (verification === undefined || verification.endedAt !== null) return
  const image = await store.images.byId(verification.imageId)
  const job = await store.jobs.byId(verification.jobId)
  if (image === undefined || job === undefined)
    throw new Error(`verification ${claim.id} has no image or job`)
  const one: Case = { parts, signal, claim, verification, image, job }
  const inspected = await inspectImage(one)
  const isWhole = verification.options.part === 'all'
  const cause = inspected ?? (isWhole ? await bootImage(one) : undefined)
  await conclude(one, cause)
}

async function conclude(
  { parts, claim, verification, image, job }: Case,
  cause: FaultCode | undefined,
): Promise<void> {
  const passed = verification.options.part === 'all' ? 'Verified' : 'Bytes Proven'
  const verdict = cause === undefined ? passed : 'Not Verified'
  const subject = `${job.name}: image #${image.number}`
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
      title: verdictTitle(subject, verdict, cause),
      facts: { Report: `\`verify ${job.name} --records\`` },
    },
  )
}

/** Ends a verification that could not be carried out: it says nothing good of the image. */
export async function failVerification({ store }: Parts, claim: Claim, fault: Fault): Promise<void> {
  await store.verifications.end(
    claim.id,
    claim.epoch,
    'Not Verified',
    fault.code,
    { actor: ENGINE, action: 'verify', outcome: 'Not Verified', facts: { cause: fault.code } },
    {
      severity: 'warning',
      title: `A verification ended without a verdict on the image: ${faultDetail(fault)}`,
    },
  )
}
