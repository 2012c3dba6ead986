/** The second part of a verification: a server made of the image must come up. */
import { wholeGiB } from '../domain/bytes.ts'
import type { FaultCode } from '../domain/faults.ts'
import { acquire } from './acquire.ts'
import type { Case } from './verification-case.ts'
import { OF_VERIFICATION, place, releaseByKey, until } from './verification-case.ts'

/** The name of the check that a booted instance passes. */
const BOOT = 'boot'

/** Starts a server of the image. Returns the cause when it does not come up. Repeatable. */
export async function bootImage(one: Case): Promise<FaultCode | undefined> {
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
