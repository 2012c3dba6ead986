import { formatTime } from '../domain/duration.ts'
import { isStanding } from '../domain/fault-course.ts'
import { faultEntry, FAULTS, remedyOf } from '../domain/faults.ts'
import type { Job } from '../domain/job.ts'
import { STATE_LABELS } from '../domain/job.ts'
import { name } from './args.ts'
import type { Looking } from './define.ts'
import { defineCommand } from './define.ts'
import { attemptsTable, commandsIn, convergingWords, costsOfGoingOn, endingWords } from './describe-fault.ts'
import { lookAt, nextSteps } from './on-job.ts'
import type { Reply } from './reply.ts'
import { done } from './reply.ts'

const MENDERS = {
  ferry: 'nobody: Ferry tries again by itself',
  operator: 'you',
  source: 'whoever runs the source',
  'cloud-account': 'whoever runs the cloud account',
  cloud: 'the cloud',
} as const

export const troubleshoot = defineCommand({
  name: 'troubleshoot',
  summary: 'Say what went wrong, why, what was tried, what to do and what that costs',
  effect: 'read',
  legalIn: 'any',
  args: { job: name('the job') },
  example: 'troubleshoot web-01',
  run: async ({ job: jobName }, context) => {
    return troubleOf(context, await lookAt(context, jobName))
  },
})

/** What `troubleshoot` answers of a job, and what the message of a failed sync becomes. */
export async function troubleOf(context: Looking, job: Job): Promise<Reply> {
  const warning = convergingWords(job, await context.store.syncs.list(job.id, 20))
  const warnings: Readonly<Record<string, string>> = warning === undefined ? {} : { Warning: warning }
  if (job.fault === null)
    return done('no-fault', `${job.name} is ${STATE_LABELS[job.state]}${await whatStands(context, job)}.`, {
      facts: warnings,
      actions: nextSteps(job),
      data: { job: job.name, code: null, current: false, converging: warning === undefined },
    })
  return tell(context, job, job.fault, warnings)
}

/** What stands in the way of a job without a fault. */
async function whatStands({ store }: Looking, job: Job): Promise<string> {
  if (job.state !== 'drill-exception') return '; nothing has gone wrong'
  const found = (await store.drills.latest(job.id))?.items.filter(({ level }) => level === 'Critical') ?? []
  return `: its drill found ${found.map(({ name }) => name).join(', ')} Critical; \`report ${job.name}\` says what to do, then \`drill ${job.name}\` again`
}

async function tell(
  context: Looking,
  job: Job,
  fault: NonNullable<Job['fault']>,
  warnings: Readonly<Record<string, string>>,
): Promise<Reply> {
  const isLost = job.intermediate === 'lost'
  const entry = faultEntry(fault.code)
  // Whatever failed first: without the intermediate only this remedy is left.
  const remedy = remedyOf(isLost ? FAULTS.INTERMEDIATE_RELEASED : entry, job.name)
  const running = await context.store.syncs.running(job.id)
  const now = context.clock.now()
  const isError = job.state === 'error'
  const isCurrent = isError || isStanding(fault, running)
  const table = attemptsTable(fault)
  const retryable = entry.retryable && !isLost
  return done('troubleshoot', `${isCurrent ? '' : 'Over now: '}${entry.title}.`, {
    facts: {
      Code: fault.code,
      'What happened': fault.detail,
      When: whenWords(job, fault, now),
      Tried: triedWords(fault),
      ...(isError ? {} : { 'How it went on': endingWords(job, running, now) }),
      'Probable cause': entry.cause,
      [isCurrent ? 'What to do' : 'If it comes back']: remedy,
      ...(isCurrent && commandsIn(remedy).length > 0 ? { 'To copy': commandsIn(remedy).join('\n') } : {}),
      'Who can mend it': MENDERS[entry.mender],
      ...(isError ? { 'Will retry help': retryWords(job, retryable) } : {}),
      ...(isCurrent ? await costsOfGoingOn(context, job, entry) : {}),
      ...warnings,
    },
    ...(table === undefined ? {} : { table }),
    actions: nextSteps(job),
    data: {
      ...{ job: job.name, code: fault.code, detail: fault.detail, current: isCurrent, retryable },
      tries: fault.tries,
      againAt: fault.course?.againAt?.toISOString() ?? null,
      endedAt: fault.ended?.at.toISOString() ?? null,
      attempts: fault.course?.attempts.map(({ at, what }) => ({ at: at.toISOString(), what })) ?? [],
      converging: Object.keys(warnings).length === 0,
    },
  })
}

function retryWords({ resume, intermediate }: Job, retryable: boolean): string {
  if (intermediate === 'lost') return 'no: the intermediate is gone'
  if (!retryable) return 'no'
  return `yes: it goes on from ${resume === null ? 'where it stopped' : STATE_LABELS[resume]}; blocks already applied are not sent again`
}

function whenWords(job: Job, fault: NonNullable<Job['fault']>, now: Date): string {
  const { course } = fault
  const step = course?.step ?? job.resume
  const first = course?.attempts[0]?.at
  const since =
    course === undefined || course.failures < 2 || first === undefined
      ? ''
      : ` (first ${formatTime(first, now)})`
  const reached = course?.reached
  return [
    `${formatTime(fault.at, now)}${since}`,
    ...(step === null ? [] : [`while ${STATE_LABELS[step]}`]),
    ...(reached == null ? [] : [`in sync #${reached.sync} (${reached.phase})`]),
  ].join(', ')
}

function triedWords({ course, tries }: NonNullable<Job['fault']>): string {
  const times = course?.failures ?? tries + 1
  return times === 1 ? 'once' : `${times} times`
}
