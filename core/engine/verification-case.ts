/** What both parts of a verification share: the case they work on, its instances, and patience. */
import type { Image, Job } from '../domain/job.ts'
import type { Claim, Verification } from '../ports/store.ts'
import type { Parts } from './parts.ts'
import { releaseInstance } from './release.ts'
import { LeaseLost } from './work.ts'

/** The cloud releases a forgotten instance by itself this long after the work on it must have ended. */
export const LEAK_GUARD_MS = 3_600_000
/** How the ledger tells both instances; their keys begin with the verification's id. */
export const OF_VERIFICATION = 'of a verification'
/** One verification under way. */
export interface Case {
  readonly parts: Parts
  readonly signal: AbortSignal
  readonly claim: Claim
  readonly verification: Verification
  readonly image: Image
  readonly job: Job
}

/** Where its instances are made, and when the cloud may delete them by itself. */
export function place({ parts: { settings, clock }, job }: Case): {
  instanceTypes: readonly string[]
  zone: string
  vSwitch: string
  securityGroup: string
  publicAddress: boolean
  releaseAt: Date
} {
  const { instanceTypes, vSwitch, securityGroup, publicAddress } = settings.cloud
  const releaseAt = new Date(clock.now().getTime() + settings.timings.inspectMs + LEAK_GUARD_MS)
  return { instanceTypes, zone: job.zone, vSwitch, securityGroup, publicAddress, releaseAt }
}

/** Releases what was made under the key, also what followed it under the same one with a number. */
export async function releaseByKey(one: Case, key: string): Promise<void> {
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
export async function until<T>(
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
