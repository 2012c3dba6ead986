/** Whether a job may be completed now, as its windows say. */
import { formatDuration, formatMoment } from '../domain/duration.ts'
import type { Job } from '../domain/job.ts'
import type { Opening } from '../domain/window.ts'
import { openAt, windowsOf } from '../domain/window.ts'
import type { Context } from './define.ts'
import { windowWords } from './describe-window.ts'
import { forecastNow, freshEstimate } from './describe-forecast.ts'
import { lineOf } from './read.ts'
import { Refusal } from './reply.ts'

/** When it may be completed; `opening` undefined: at any time, or whatever its windows say. */
export interface Allowed {
  readonly opening: Opening | undefined
  /** For those who approve: it changes only with what they decide on. */
  readonly words: string
}

/**
 * Refuses outside the job's windows, and a last sync that is expected to outlast the one that is open. What is
 * returned holds by the database's clock now; the change that follows must be bound to the opening.
 */
export async function demandWindow(
  context: Context,
  job: Job,
  asked: { readonly isLast: boolean; readonly isOverridden: boolean },
): Promise<Allowed> {
  if (job.windows.length === 0) return { opening: undefined, words: 'none: at any time' }
  if (asked.isOverridden) return { opening: undefined, words: `overridden; it is ${job.windows.join(', ')}` }
  const now = await context.store.now()
  const opening = openAt(windowsOf(job), now)
  if (opening === undefined)
    throw outside(
      context,
      'outside-window',
      `${job.name} is completed within its window only: ${windowWords(job, now)}.`,
    )
  const estimate = await freshEstimate(context, job)
  const { total } = await forecastNow(context, job, 'final', estimate?.measured)
  const leftMs = opening.to.getTime() - now.getTime()
  if (asked.isLast && total.high > leftMs)
    throw outside(
      context,
      'window-too-short',
      `The last sync of ${job.name} may take up to ${formatDuration(total.high)}, and its window closes in ${formatDuration(leftMs)}: ${windowWords(job, now)}.`,
    )
  return { opening, words: `${job.windows.join(', ')}: open until ${formatMoment(opening.to)}` }
}

function outside({ invocation }: Context, code: string, sentence: string): Refusal {
  const command = lineOf({ ...invocation, raw: { ...invocation.raw, 'override-window': 'true' } })
  return new Refusal(code, `${sentence} \`${command}\` asks others to approve it all the same.`, {
    actions: [{ label: 'override', command, effect: 'final' }],
  })
}
