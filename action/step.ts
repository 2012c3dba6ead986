/** One step from its first word to its end: the command is asked once, then followed as far as the inputs say. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Course } from '../core/commands/course.ts'
import { courseAfterApproval, courseOf } from '../core/commands/course.ts'
import type { Reply } from '../core/commands/reply.ts'
import type { Link } from '../core/commands/view.ts'
import type { Bot } from './bot.ts'
import type { Cancellation } from './cancel.ts'
import { Failure } from './failure.ts'
import type { Inputs } from './inputs.ts'
import { inGroup, progressLog, say } from './log.ts'

/** `denied`: others have not agreed. `failed`: it has begun and did not end well, or the step could not do its part. */
export type Decision = 'done' | 'accepted' | 'refused' | 'denied' | 'failed'

export interface Ending {
  readonly decision: Decision
  readonly code: string
  readonly title: string
}

/** What is known of a step so far; filled as it goes, so that whatever ends it can be reported with it. */
export interface Known {
  readonly startedAt: number
  first?: Reply
  /** How things stood when last looked. */
  last?: Reply
  /** How the job stood after all, where neither reply says so. */
  standing?: Reply | undefined
  /** The job it is about. */
  job?: string
  syncId?: string
  forecast?: unknown
  /** What goes on and would be stopped by a cancellation. */
  course?: Course
  approval?: number
  /** When others were asked, and when they had decided. */
  asked?: { readonly from: number; to?: number }
  /** Where the same is shown at other doors. */
  links?: readonly Link[]
  /** The request as it was when last looked at. */
  request?: Reply
}

export interface StepParts {
  readonly inputs: Inputs
  readonly bot: Bot
  /** The step's own key, the same for every retry. */
  readonly key: string
  readonly cancellation: Cancellation
  /** Told whenever something begins that a cancellation would stop. */
  readonly onCourse: (known: Known) => void
}

export async function runStep(parts: StepParts, known: Known): Promise<Ending> {
  const { inputs, bot, key } = parts
  const { command, args, confirmed, dryRun, wait } = inputs
  const first = await bot.ask({ text: command, args, confirmed, dryRun }, key)
  learn(known, first)
  known.first = first
  say(`Ferry: ${first.title}`)
  if (first.outcome === 'refused') {
    const how = first.code === 'confirm' ? ' In a workflow: `confirm: true`.' : ''
    return { decision: 'refused', code: first.code, title: `${first.title}${how}` }
  }
  const asIs: Ending = { decision: first.outcome, code: first.code, title: first.title }
  if (wait === 'none') return asIs
  const until = wait === 'sync' ? 'sync' : 'done'
  const course = courseOf(first, until)
  if (course?.of !== 'approval') return wait === 'approval' ? asIs : followOrRest(course, parts, known, asIs)

  known.asked = { from: Date.now() }
  const decided = await follow(course, parts, known)
  known.asked.to = Date.now()
  if (decided.decision === 'failed')
    return { ...decided, decision: decided.code.startsWith('approval-') ? 'denied' : 'failed' }
  if (wait === 'approval' || known.job === undefined) return { ...decided, code: 'approved' }
  const now = await bot.ask({ text: `status ${known.job}` })
  learn(known, now)
  if (now.data?.['state'] === 'error') return { decision: 'failed', code: 'error', title: now.title }
  return followOrRest(courseAfterApproval(now, until), parts, known, { ...decided, title: now.title })
}

async function followOrRest(
  course: Course | undefined,
  parts: StepParts,
  known: Known,
  asIs: Ending,
): Promise<Ending> {
  return course === undefined ? atRest(asIs, known) : follow(course, parts, known)
}

/** Replies that tell of what was carried out before they were asked: how that ended shows in the job's state. */
const BEFORE: readonly string[] = ['carried-out', 'asked-already']

function atRest(asIs: Ending, { last }: Known): Ending {
  if (!BEFORE.includes(asIs.code)) return asIs
  const isFailed = last?.data?.['state'] === 'error'
  return isFailed ? { ...asIs, decision: 'failed', code: 'error' } : { ...asIs, decision: 'done' }
}

const FIRST_LOOK_MS = 250
const LONGEST_LOOK_MS = 5000

/** Asks until it has ended. Throws `Failure` when time is up or the run is cancelled; Ferry goes on meanwhile. */
async function follow(course: Course, parts: StepParts, known: Known): Promise<Ending> {
  const { bot, inputs, cancellation } = parts
  const end = known.startedAt + inputs.timeoutMs
  known.course = course
  parts.onCourse(known)
  const title =
    course.of === 'approval' ? 'Waiting for the approval of others' : `Following ${known.job ?? 'it'}`
  return inGroup(title, async () => {
    const show = progressLog(Date.now)
    for (let wait = FIRST_LOOK_MS; ; wait = Math.min(1.3 * wait, LONGEST_LOOK_MS)) {
      if (cancellation.signal.aborted) throw new Failure('run-cancelled', 'The run was cancelled.')
      const answer = await bot.ask({ text: course.ask })
      learn(known, answer)
      const look = course.look(answer)
      if (look.is === 'going') show(look.words, answer)
      else {
        delete known.course
        parts.onCourse(known)
        say(look.title)
        return look.is === 'done'
          ? { decision: 'done', code: doneCode(course), title: look.title }
          : { decision: 'failed', code: look.code, title: look.title }
      }
      if (Date.now() + wait > end) throw new Failure('timed-out', lateWords(course, known))
      await pause(wait, undefined, { signal: cancellation.signal }).catch(() => undefined)
    }
  })
}

/** What goes on without the step, and how to look after it. */
function lateWords({ of, ask }: Course, { approval }: Known): string {
  if (of === 'approval')
    return `Request ${approval ?? ''} was not decided within the timeout of this step. It still stands, and once approved it is carried out though this run is over: \`${ask}\` shows it, \`withdraw ${approval ?? ''}\` takes it back.`
  return `It has not ended within the timeout of this step. Ferry goes on with it: \`${ask}\` shows how far it is.`
}

const doneCode = ({ of }: Course): string =>
  ({ approval: 'approved', job: 'ended', verification: 'verified', task: 'answered' })[of]

/** Remembers what a reply tells of the job. */
export function learn(known: Known, reply: Reply): void {
  const { job, syncId, forecast, approval, links } = reply.data ?? {}
  if (typeof job === 'string') known.job = job
  // With progress it is the sync that runs; without, one that ended before this step.
  if (typeof syncId === 'string' && reply.progress !== undefined) known.syncId ??= syncId
  if (typeof approval === 'number') known.approval = approval
  if (forecast !== null && forecast !== undefined) known.forecast = forecast
  if (Array.isArray(links)) known.links = linksIn(known.links, links as readonly Link[])
  if (reply.outcome === 'refused') return
  if (reply.code === 'request') known.request = reply
  known.last = reply
}

/** A request is shown elsewhere than the sync that it has led to: both are worth a way there. */
function linksIn(before: readonly Link[] = [], more: readonly Link[]): readonly Link[] {
  return [...before, ...more.filter(({ url }) => before.every((known) => known.url !== url))]
}
