/**
 * How something that was accepted goes on, for doors that wait for its end: what to ask, and what the answer means.
 * Read from the reply's code and data alone, so that no door knows commands.
 */
import type { State } from '../domain/job.ts'
import { isMoving, progressLine } from './progress.ts'
import type { Reply } from './reply.ts'

export type Look =
  /** `words`: how far it is. */
  | { readonly is: 'going'; readonly words: string }
  | { readonly is: 'done'; readonly title: string }
  /** It ended otherwise than was asked; the code is stable, as a reply's is. */
  | { readonly is: 'failed'; readonly code: string; readonly title: string }

export interface Course {
  readonly of: 'approval' | 'job' | 'verification' | 'task'
  /** The line to ask, again and again. */
  readonly ask: string
  readonly look: (answer: Reply) => Look
}

/** The course of what a reply has accepted; undefined when nothing goes on that could be waited for. */
export function courseOf(first: Reply, until: 'sync' | 'done' = 'done'): Course | undefined {
  if (first.outcome !== 'accepted') return undefined
  const { job, approval, verification, state } = first.data ?? {}
  if (first.code === 'approval-needed' && typeof approval === 'number') return courseOfApproval(approval)
  if (typeof job !== 'string') return undefined
  if (typeof verification === 'number') return courseOfVerification(job, verification)
  if (first.code === 'estimating') return courseOfTask(`estimate ${job}`)
  if (first.code === 'speedtest-started') return courseOfTask(`speedtest ${job} --result`)
  return isMoving(state) ? courseOfJob(first, job, until) : undefined
}

/** How what was approved goes on: `now` is the job's status right after. */
export function courseAfterApproval(now: Reply, until: 'sync' | 'done' = 'done'): Course | undefined {
  return courseOf({ ...now, outcome: 'accepted' }, until)
}

function courseOfApproval(number: number): Course {
  return {
    of: 'approval',
    ask: `request ${number}`,
    look: (answer) => {
      const { status, approvedBy, needed, reason } = answer.data ?? {}
      if (answer.outcome === 'refused') return failedAs(answer)
      if (status === 'open' || status === 'approved') {
        const given = Array.isArray(approvedBy) ? approvedBy.length : 0
        return { is: 'going', words: `${given} of ${String(needed)} have approved` }
      }
      if (status === 'used') return { is: 'done', title: answer.title }
      return {
        is: 'failed',
        code: `approval-${String(status)}`,
        title: `${answer.title}${typeof reason === 'string' ? ` Reason: ${reason}` : ''}`,
      }
    },
  }
}

/** Where a job may rest once it has done what it was doing. */
const ENDS: Partial<Record<State, readonly State[]>> = {
  preparing: ['waiting', 'completed'],
  syncing: ['waiting', 'completed'],
  pausing: ['paused'],
  drilling: ['ready', 'waiting'],
  completing: ['completed'],
  cancelling: ['cancelled'],
  clearing: ['cleared'],
}

const SYNCING: readonly unknown[] = ['preparing', 'syncing']

function courseOfJob(first: Reply, job: string, until: 'sync' | 'done'): Course {
  const { state, syncId, completing } = first.data ?? {}
  const isSync = SYNCING.includes(state)
  const isWhole = until === 'done' && completing === true
  const ends: readonly unknown[] = isWhole ? ['completed', 'cleared'] : (ENDS[state as State] ?? [])
  return {
    of: 'job',
    ask: `status ${job}`,
    look: (answer) => {
      const { state: now, syncId: syncNow, fault } = answer.data ?? {}
      const title = answer.title
      if (answer.outcome === 'refused') return failedAs(answer)
      // Another sync than the one waited for: that one has ended, and well, else no other could have begun.
      const isNext = isSync && !isWhole && typeof syncId === 'string' && syncNow !== syncId
      if (ends.includes(now) || (isSync && until === 'sync' && now === 'completing') || isNext)
        return { is: 'done', title }
      if (isMoving(now))
        return {
          is: 'going',
          words: answer.progress === undefined ? title : progressLine(answer.progress),
        }
      return { is: 'failed', code: now === 'error' ? faultCode(fault) : String(now), title }
    },
  }
}

function courseOfVerification(job: string, number: number): Course {
  return {
    of: 'verification',
    ask: `verify ${job} --records`,
    look: (answer) => {
      if (answer.outcome === 'refused') return failedAs(answer)
      const all = answer.data?.['verifications']
      const record = (Array.isArray(all) ? (all as Record<string, unknown>[]) : []).find(
        (each) => each['number'] === number,
      )
      const { verdict, cause, doing } = record ?? {}
      const title = `Verification ${number} of ${job}: ${String(verdict)}${typeof cause === 'string' ? `, ${cause}` : ''}.`
      if (record === undefined)
        return { is: 'failed', code: 'no-such-verification', title: `There is no verification ${number}.` }
      if (typeof verdict !== 'string')
        return { is: 'going', words: typeof doing === 'string' && doing !== '' ? doing : 'about to begin' }
      // `Bytes Proven`: a verification of the bytes alone, which boots nothing.
      if (verdict !== 'Not Verified') return { is: 'done', title }
      return { is: 'failed', code: typeof cause === 'string' ? kebab(cause) : 'not-verified', title }
    },
  }
}

/** A task of the agent is asked for in the words that began it, and answered as done once it is. */
function courseOfTask(ask: string): Course {
  return {
    of: 'task',
    ask,
    look: (answer) => {
      if (answer.outcome === 'accepted')
        return { is: 'going', words: answer.facts['Compared'] ?? answer.title }
      if (answer.outcome === 'refused' || answer.code.endsWith('-failed')) return failedAs(answer)
      return { is: 'done', title: answer.title }
    },
  }
}

const failedAs = ({ code, title }: Reply): Look => ({ is: 'failed', code, title })

function faultCode(fault: unknown): string {
  const code = typeof fault === 'object' && fault !== null && 'code' in fault ? fault.code : undefined
  return typeof code === 'string' ? kebab(code) : 'error'
}

/** `AGENT_OFFLINE` → `agent-offline`: a fault's code as codes of replies are written. */
const kebab = (code: string): string => code.toLowerCase().replaceAll('_', '-')
