/**
 * Whether the intermediate still exists (S21). The cloud's lists lag behind at times: an instance that two reads, some
 * time apart, do not find is gone for good; one read alone says nothing.
 */
import { Fault } from '../domain/faults.ts'
import type { FaultCode } from '../domain/faults.ts'
import { FAULTS, remedyOf } from '../domain/faults.ts'
import type { Job } from '../domain/job.ts'
import type { Instance } from '../ports/cloud.ts'
import type { Parts } from './parts.ts'
import type { JobWork } from './work.ts'
import { ENGINE } from './work.ts'

/** The faults that a released intermediate looks like from elsewhere. */
const SYMPTOMS: readonly FaultCode[] = [
  'RECEIVER_UNREACHABLE',
  'RECEIVER_NOT_STARTED',
  'NOT_MOVING',
  'CLOUD_REFUSED',
  'CLOUD_WAIT',
  'INSTANCE_UNKNOWN',
  'IMAGE_FAILED',
]

/** The instance. Throws INTERMEDIATE_RELEASED once it is gone, and the job then knows that its intermediate is lost. */
export async function standingInstance(work: JobWork, instanceId: string): Promise<Instance> {
  const { cloud, settings } = work.parts
  const instance = await cloud.instance(instanceId)
  if (instance !== undefined) return instance
  await work.sleep(settings.timings.lostConfirmMs)
  const again = await cloud.instance(instanceId)
  if (again !== undefined) return again
  await work.change('intermediate.lost', () => ({
    set: { intermediate: 'lost' },
    facts: { instance: instanceId },
  }))
  throw new Fault('INTERMEDIATE_RELEASED', `the intermediate ${instanceId} does not exist any more`, {
    instance: instanceId,
  })
}

/** What a fault of this job really is: INTERMEDIATE_RELEASED when that is what lies behind it. */
export async function causeOf(work: JobWork, fault: Fault): Promise<Fault> {
  if (!SYMPTOMS.includes(fault.code)) return fault
  const current = await work.parts.store.intermediates.current(work.job.id)
  if (current?.instanceId === undefined) return fault
  try {
    await standingInstance(work, current.instanceId)
    return fault
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return error.code === 'INTERMEDIATE_RELEASED' ? error : fault
  }
}

/**
 * Puts a job at rest whose intermediate is gone into Error (S21), so that people hear of it before the cutover does.
 * A job that is being carried out notices by itself. Nothing happens when the job has moved on meanwhile.
 */
export async function tellLost(
  { store, clock }: Pick<Parts, 'store' | 'clock'>,
  job: Job,
  instanceId: string,
): Promise<void> {
  const isAtRest = job.state === 'waiting' || job.state === 'paused' || job.state === 'error'
  if (!isAtRest || job.intermediate !== 'ready') return
  const detail = `the intermediate ${instanceId} does not exist any more`
  const entry = FAULTS.INTERMEDIATE_RELEASED
  await store.jobs.change(job, {
    set: {
      state: 'error',
      resume: job.state === 'waiting' ? 'waiting' : job.resume,
      intermediate: 'lost',
      nextSyncAt: null,
      fault: { code: 'INTERMEDIATE_RELEASED', detail, at: clock.now(), tries: 0 },
    },
    audit: { actor: ENGINE, action: 'intermediate.lost', outcome: 'error', facts: { instance: instanceId } },
    notices: [
      {
        severity: 'error',
        title: `${job.name} is in Error: ${entry.title}`,
        facts: { 'What happened': detail, 'What to do': remedyOf(entry, job.name) },
      },
    ],
  })
}
