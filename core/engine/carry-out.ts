/**
 * What happens to one claimed piece of work: its process is run; a transient fault gives it back for another try
 * with back-off; what remains becomes the job's Error, with the cost told at once (S20, S22).
 */
import type { Met } from '../domain/fault-course.ts'
import { countedTries, reachedBy, withFailure } from '../domain/fault-course.ts'
import { Fault, faultDetail, FAULTS, remedyOf } from '../domain/faults.ts'
import type { Job, ResumeState, State } from '../domain/job.ts'
import { RESUMABLE } from '../domain/life.ts'
import type { Claim } from '../ports/store.ts'
import { StoreUnreachable } from '../ports/store.ts'
import { cancel, clear } from './end.ts'
import { complete } from './complete.ts'
import { drill } from './drill.ts'
import { causeOf } from './lost.ts'
import type { Parts } from './parts.ts'
import { costOfJob } from './price.ts'
import { pause } from './pause.ts'
import { prepare } from './prepare.ts'
import { failWayBack, putBack } from './put-back.ts'
import { runSync } from './run-sync.ts'
import { nextTry } from './try-again.ts'
import { failVerification, verify } from './verify.ts'
import { EpochOver, JobWork, LeaseLost, StateLeft } from './work.ts'

/** A store that cannot be reached is not the work's fault: it is taken up again soon, and no try is counted. */
const STORE_AGAIN_MS = 1000

/** One process per state in which the engine has something to do. */
const PROCESSES: Partial<Record<State, (work: JobWork) => Promise<void>>> = {
  preparing: prepare,
  syncing: runSync,
  pausing: pause,
  drilling: drill,
  completing: complete,
  cancelling: cancel,
  clearing: clear,
}

/** What becomes of the claim: nothing is left to do, try again later, or it is no longer ours. */
export type Ending = 'done' | 'lost' | Retry

interface Retry {
  readonly againInMs: number
  readonly tries: number
}

export async function carryOut(parts: Parts, claim: Claim, signal: AbortSignal): Promise<Ending> {
  if (claim.kind === 'job') return carryOutJob(parts, claim, signal)
  return carryOutErrand(parts, claim, ERRANDS[claim.kind], signal)
}

async function carryOutJob(parts: Parts, claim: Claim, signal: AbortSignal): Promise<Ending> {
  let state: State | undefined
  for (;;) {
    const job = await parts.store.jobs.byId(claim.id)
    if (signal.aborted || job === undefined || job.epoch !== claim.epoch) return 'lost'
    const process = PROCESSES[job.state]
    if (process === undefined) return 'done'
    const tries = state === undefined || state === job.state ? claim.tries : 0
    state = job.state
    const work = new JobWork(parts, claim, signal, job)
    const sync = await parts.store.syncs.running(job.id)
    try {
      await run(process, work)
    } catch (error) {
      if (error instanceof StateLeft) continue
      if (error instanceof EpochOver) return { againInMs: 0, tries: 0 }
      if (error instanceof LeaseLost || signal.aborted) return 'lost'
      if (error instanceof StoreUnreachable) return withoutStore(parts, claim, error)
      const fault = asFault(error, parts, job)
      const met = await whatWasMet(parts, job, fault)
      const counted = countedTries(job.fault, met, tries)
      const next = nextTry(parts, fault, sync, counted)
      if (next !== undefined) {
        await noteTry(work, met, next)
        return next
      }
      if (!(await showError(work, fault, met, counted))) continue
    }
  }
}

/** Runs a process; of a fault whose cause lies deeper, that cause is thrown. */
async function run(process: (work: JobWork) => Promise<void>, work: JobWork): Promise<void> {
  try {
    await process(work)
  } catch (error) {
    throw error instanceof Fault ? await causeOf(work, error) : error
  }
}

/** Work that is no state of a job: a transient fault has it tried again, what remains ends it. */
interface Errand {
  readonly carryOut: (parts: Parts, claim: Claim, signal: AbortSignal) => Promise<void>
  readonly giveUp: (parts: Parts, claim: Claim, fault: Fault) => Promise<void>
}

const ERRANDS: Record<Exclude<Claim['kind'], 'job'>, Errand> = {
  verification: { carryOut: verify, giveUp: failVerification },
  'way-back': { carryOut: putBack, giveUp: failWayBack },
}

async function carryOutErrand(
  parts: Parts,
  claim: Claim,
  errand: Errand,
  signal: AbortSignal,
): Promise<Ending> {
  try {
    await errand.carryOut(parts, claim, signal)
  } catch (error) {
    if (error instanceof LeaseLost || signal.aborted) return 'lost'
    if (error instanceof StoreUnreachable) return withoutStore(parts, claim, error)
    const fault = error instanceof Fault ? error : new Fault('INTERNAL', String(error), {}, error)
    parts.log.warn('a piece of work met a fault', {
      [claim.kind]: claim.id,
      code: fault.code,
      detail: faultDetail(fault),
    })
    const next = nextTry(parts, fault, undefined, claim.tries)
    if (next !== undefined) return next
    await errand.giveUp(parts, claim, fault)
  }
  return 'done'
}

function withoutStore({ log }: Parts, { id, kind, tries }: Claim, error: StoreUnreachable): Ending {
  log.warn('the store is out of reach: going on as soon as it is back', {
    code: 'DATABASE_UNREACHABLE',
    [kind]: id,
    error,
  })
  return { againInMs: STORE_AGAIN_MS, tries }
}

/** A bug is logged once, with a reference that the operator sees too. */
function asFault(error: unknown, { log, clock }: Parts, job: Job): Fault {
  if (error instanceof Fault) return error
  const reference = `${job.name}-${clock.now().getTime().toString(36)}`
  log.error('a step failed for a reason that nobody foresaw', { job: job.name, reference, error })
  return new Fault('INTERNAL', `unexpected problem, reference ${reference}`, {}, error)
}

async function whatWasMet({ store, clock }: Parts, job: Job, fault: Fault): Promise<Met> {
  const reached = reachedBy(await store.syncs.running(job.id))
  return { code: fault.code, detail: faultDetail(fault), at: clock.now(), step: job.state, reached }
}

/** Writes down, for who looks, what failed and when it is tried again. */
async function noteTry({ parts, claim, job }: JobWork, met: Met, next: Retry): Promise<void> {
  parts.log.warn('trying again', { job: job.name, code: met.code, detail: met.detail, ...next })
  const fault = withFailure(job.fault, met)
  const againAt = new Date(met.at.getTime() + next.againInMs)
  await parts.store.jobs.noteFault(job.id, claim.epoch, {
    ...fault,
    tries: next.tries,
    course: { ...fault.course, againAt },
  })
}

/** Moves the job to Error. False when it has moved elsewhere meanwhile. */
async function showError(work: JobWork, fault: Fault, met: Met, tries: number): Promise<boolean> {
  const { log } = work.parts
  log.warn('the job is in Error', { job: work.job.name, code: fault.code, detail: faultDetail(fault) })
  const cost = isCosting(work.job) ? await costOfJob(work.parts, work.job.id) : undefined
  try {
    await work.tell('fault', (job) => ({
      set: {
        resume: resumeOf(job),
        fault: { ...withFailure(job.fault, met), tries },
      },
      facts: { code: fault.code },
      endDrill: { result: 'stopped', items: [] },
      notices: errorNotices(job, fault, cost),
    }))
    return true
  } catch (error) {
    if (error instanceof StateLeft) return false
    throw error
  }
}

function resumeOf(job: Job): ResumeState | null {
  return RESUMABLE.find((state) => state === job.state) ?? job.resume
}

function isCosting({ intermediate }: Job): boolean {
  return intermediate === 'ready' || intermediate === 'creating'
}

function errorNotices(
  job: Job,
  fault: Fault,
  cost: string | undefined,
): { severity: 'error' | 'warning'; title: string; facts?: Record<string, string> }[] {
  return [
    {
      severity: 'error',
      title: `${job.name} is in Error: ${FAULTS[fault.code].title}`,
      facts: {
        'What happened': faultDetail(fault),
        'What to do': remedyOf(FAULTS[fault.code], job.name),
      },
    },
    ...(cost === undefined
      ? []
      : [
          {
            severity: 'warning' as const,
            title: `The intermediate of ${job.name} stays and costs ${cost} until \`retry\`, \`clear\` or \`release\``,
          },
        ]),
  ]
}
