/**
 * The second part of a verification: a server made of the image must come up, and pass the checks in it. It stands
 * in a security group of its own: a copy of a server that runs its timers must reach no other server.
 */
import { wholeGiB } from '../domain/bytes.ts'
import { hopelessLine, lastLines } from '../domain/console.ts'
import { formatDuration } from '../domain/duration.ts'
import type { FaultCode } from '../domain/faults.ts'
import { KEPT_BY } from '../domain/launch.ts'
import { BOOT, causeOfBoot, guestChecks } from '../domain/verification.ts'
import type { GuestCheck } from '../domain/verification.ts'
import type { CommandResult } from '../ports/cloud.ts'
import type { VerificationCheck } from '../ports/store.ts'
import { acquire } from './acquire.ts'
import type { Case } from './verification-case.ts'
import { LEAK_GUARD_MS, OF_VERIFICATION, releaseByKey, until } from './verification-case.ts'

/** How much of a console or an output is kept as evidence. */
const EVIDENCE_LINES = 12
const EVIDENCE_CHARACTERS = 1500

/** Boots the image and checks it. Returns the cause when it is not as it must be. Repeatable. */
export async function bootImage(one: Case): Promise<FaultCode | undefined> {
  const { options } = one.verification
  const key = `${one.verification.id}/boot`
  try {
    // Told before a crash: doing it again would tell nothing new.
    const told = new Map(one.verification.checks.map((check) => [check.name, check]))
    const wanted = [BOOT, ...guestChecks(options).map(({ name }) => name)]
    if (told.get(BOOT)?.ok !== false && wanted.some((name) => !told.has(name))) {
      const id = await testInstance(one, key)
      const tell = async (check: VerificationCheck): Promise<void> => {
        told.set(check.name, check)
        await one.parts.store.verifications.setChecks(one.verification.id, one.claim.epoch, [check])
      }
      if (!told.has(BOOT)) await tell(await boot(one, id))
      if (told.get(BOOT)?.ok === true)
        for (const check of guestChecks(options))
          if (!told.has(check.name)) await tell(await runCheck(one, id, key, check))
    }
    return causeOfBoot(options, [...told.values()])
  } finally {
    if (!options.keepInstance) await releaseByKey(one, key)
  }
}

/** Where the instance is made and of what, decided once: a repeated call must be the same call. */
interface BootRequest extends Readonly<Record<string, unknown>> {
  /** The cloud's id of the image: the ledger tells by it who uses which image. */
  readonly image: string
  readonly types: readonly string[]
  readonly zone: string
  readonly vSwitch: string
  readonly publicAddress: boolean
  readonly releaseAt: string | null
}

async function testInstance(one: Case, key: string): Promise<string> {
  const { parts, verification, image, job } = one
  const { cloud, clock, store, settings } = parts
  const { options } = verification
  const patienceMs = patience(one) * (1 + guestChecks(options).length)
  const releaseAt = new Date(clock.now().getTime() + patienceMs + LEAK_GUARD_MS)
  const request: BootRequest = {
    image: image.cloudId,
    types: options.types ?? settings.cloud.instanceTypes,
    zone: options.zone ?? job.zone,
    vSwitch: options.vSwitch ?? settings.cloud.vSwitch,
    publicAddress: options.publicNetwork,
    releaseAt: options.keepInstance ? null : releaseAt.toISOString(),
  }
  await doing(one, 'creating a test instance')
  return acquire(
    parts,
    {
      ...{ key, jobId: job.id, syncId: null, kind: 'instance', request },
      outlivesJob: options.keepInstance,
      purpose: options.keepInstance
        ? `${KEPT_BY} ${verification.askedBy}, made by verification ${verification.number}`
        : `test instance ${OF_VERIFICATION}`,
    },
    async (asked, token, tags) =>
      cloud.createInstance({
        ...{ token, tags, name: `ferry-verify-${job.name}`, imageId: asked.image },
        ...{ instanceTypes: asked.types, zone: asked.zone, vSwitch: asked.vSwitch },
        securityGroup: await cloud.isolatedGroup({
          key: `${settings.installation}/test group beside ${settings.cloud.securityGroup}${asked.publicAddress ? ', outward' : ''}`,
          besides: settings.cloud.securityGroup,
          outward: asked.publicAddress,
        }),
        publicAddress: asked.publicAddress,
        systemDiskGiB: wholeGiB((await store.jobs.disks(job.id))[0]?.sizeBytes ?? 0, 20),
        dataDisks: [],
        ...(asked.releaseAt === null ? {} : { releaseAt: new Date(asked.releaseAt) }),
      }),
  )
}

/** Waits until the system in the instance answers, or its console says that it never will. */
async function boot(one: Case, id: string): Promise<VerificationCheck> {
  const { cloud, clock, settings } = one.parts
  const began = clock.now().getTime()
  const forMs = patience(one)
  const took = (): string => formatDuration(clock.now().getTime() - began)
  const seen = await until(one, settings.timings.cloudLookMs, forMs, async () => {
    await doing(one, `booting ${id}, ${took()} of at most ${formatDuration(forMs)}`)
    const instance = await cloud.instance(id)
    if (instance === undefined) return { failed: `the test instance ${id} is gone` }
    if (instance.status !== 'Running') return undefined
    if (await cloud.assistantAnswers(id)) return { failed: undefined }
    const line = hopelessLine(await cloud.consoleOutput(id))
    return line === undefined ? undefined : { failed: `the console says: ${line}` }
  })
  if (seen !== undefined && seen.failed === undefined)
    return { name: BOOT, ok: true, detail: `the Cloud Assistant in ${id} answered after ${took()}` }
  const why = seen?.failed ?? `no answer of the Cloud Assistant within ${formatDuration(forMs)}`
  return { name: BOOT, ok: false, detail: evidence(why, await cloud.consoleOutput(id)) }
}

async function runCheck(one: Case, id: string, key: string, check: GuestCheck): Promise<VerificationCheck> {
  const { cloud, settings } = one.parts
  await doing(one, `checking in ${id}: ${check.name}`)
  const timeoutMs = one.verification.options.timeoutMs ?? settings.timings.checkMs
  const request = { token: `${key}/${check.name}/${id}`, instanceId: id, script: check.script, timeoutMs }
  const invocationId = await cloud.runCommand(request)
  // The cloud ends the command in time; what it does not say within twice that, it never will.
  const result = await until(one, settings.timings.lookMs, timeoutMs * 2 + 60_000, () =>
    cloud.commandResult({ invocationId, instanceId: id }),
  )
  return { name: check.name, ...judge(result, timeoutMs) }
}

function judge(
  result: CommandResult | undefined,
  timeoutMs: number,
): Pick<VerificationCheck, 'ok' | 'detail'> {
  if (result === undefined) return { ok: false, detail: 'the cloud has told no result' }
  const { end, exitCode, output, detail } = result
  if (end === 'timeout')
    return { ok: false, detail: evidence(`it took longer than ${formatDuration(timeoutMs)}`, output) }
  if (end === 'not run')
    return { ok: false, detail: evidence(`it was not run to its end: ${detail}`, output) }
  return { ok: exitCode === 0, detail: evidence(`exit code ${exitCode ?? '?'}`, output) }
}

/** A sentence, and the end of what was written. */
function evidence(sentence: string, written: string): string {
  const lines = lastLines(written, EVIDENCE_LINES)
  return [sentence, ...lines].join(' | ').slice(0, EVIDENCE_CHARACTERS)
}

function patience({ parts, verification }: Case): number {
  return verification.options.timeoutMs ?? parts.settings.timings.bootMs
}

async function doing({ parts, verification, claim }: Case, words: string): Promise<void> {
  await parts.store.verifications.setDoing(verification.id, claim.epoch, words)
}
