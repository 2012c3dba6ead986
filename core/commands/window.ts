import { STATE_LABELS } from '../domain/job.ts'
import { isOver } from '../domain/life.ts'
import { windowNamed, WINDOW_NAME } from '../domain/policy.ts'
import type { WindowProblem } from '../domain/window.ts'
import {
  formatWindow,
  MOST_WINDOWS,
  openings,
  parseWindow,
  WINDOW_EXAMPLE,
  windowsOf,
} from '../domain/window.ts'
import { zoneNames } from '../domain/zone.ts'
import type { Arg } from './args.ts'
import { name, optional, quoted } from './args.ts'
import type { Context } from './define.ts'
import { defineCommand } from './define.ts'
import { describeJob } from './describe-job.ts'
import { openingsTable, windowData, windowWords } from './describe-window.ts'
import { nearest } from './nearest.ts'
import { nextDue } from './next-due.ts'
import { changeJob, lookAt } from './on-job.ts'
import { done, Refusal } from './reply.ts'

/** The windows in their own words; none for `off`. */
const windows: Arg<readonly string[]> = {
  describe:
    'when a cutover is allowed, weekly or on a date, with its zone, or by a name of the policy file; several with commas; off for any time',
  shape: `"${WINDOW_EXAMPLE}"|off`,
  required: true,
  positional: true,
  parse: (text) => {
    if (text.trim().toLowerCase() === 'off') return []
    const parts = text.split(/[,;]/)
    if (parts.length > MOST_WINDOWS)
      throw new Refusal(
        'bad-argument',
        `These are ${parts.length} windows; a job has at most ${MOST_WINDOWS}.`,
      )
    return parts.map((part) => {
      // A name, which only the policy file knows.
      if (WINDOW_NAME.test(part.trim())) return part.trim()
      const read = parseWindow(part)
      if ('problem' in read) throw notAWindow(part, read)
      return formatWindow(read)
    })
  },
}

export const window = defineCommand({
  name: 'window',
  summary: 'Show or set when a job may be completed',
  effect: 'change',
  legalIn: 'before the end',
  args: { job: name('the job'), windows: optional(windows) },
  example: `window web-01 "${WINDOW_EXAMPLE}"`,
  run: async ({ job: jobName, windows: asked }, context) => {
    const texts = asked?.map((text) => inFull(context, text))
    const now = await context.store.now()
    if (texts === undefined) {
      const job = await lookAt(context, jobName)
      return done('window', `The window of ${jobName}: ${windowWords(job, now)}.`, {
        ...(job.windows.length === 0 ? {} : { table: openingsTable(job, now) }),
        data: { job: jobName, ...windowData(job, now) },
      })
    }
    const past = texts.find((text) => openings(windowsOf({ windows: [text] }), now).length === 0)
    if (past !== undefined)
      throw new Refusal(
        'bad-argument',
        `${past} is over already; it is ${now.toISOString().slice(0, 16)}Z now.`,
      )
    const { after, voided } = await changeJob(context, jobName, async (job) => {
      if (isOver(job.state))
        throw new Refusal(
          'not-legal-now',
          `${jobName} is ${STATE_LABELS[job.state]}: there is no cutover to come.`,
        )
      // What was deferred because of the former window is looked at again.
      const due = job.deferral === null ? {} : { nextSyncAt: await nextDue(context, job) }
      return { set: { windows: texts, ...due }, facts: { window: texts.join(', ') || 'off' } }
    })
    const view = await describeJob(context, after, voided)
    return done('window-changed', `The window of ${jobName}: ${windowWords(after, now)}.`, {
      ...view,
      ...(texts.length === 0 ? {} : { table: openingsTable(after, now) }),
    })
  },
})

/** A window in its own words, which a name of the policy file stands for. */
function inFull({ policy }: Context, text: string): string {
  if (!WINDOW_NAME.test(text)) return text
  const named = windowNamed(policy, text)
  if (named !== undefined) return named
  const names = policy.windows.map(({ name: known }) => known)
  const read = parseWindow(text)
  const problem = 'problem' in read ? read.problem : 'it is none'
  const known = names.length === 0 ? '' : `, and no window of the policy file (${names.join(', ')})`
  throw notAWindow(text, { problem: `${problem}${known}` })
}

function notAWindow(text: string, { problem, zone }: WindowProblem): Refusal {
  const guess = zone === undefined || zone === '' ? undefined : nearestZone(zone)
  return new Refusal(
    'bad-argument',
    `${quoted(text.trim())} is not a window: ${problem}.${guess === undefined ? '' : ` Did you mean ${guess}?`} Example: "${WINDOW_EXAMPLE}", or off.`,
  )
}

/** By the city alone too: people write Shanghai, Asia/Shangai and Beijing. */
function nearestZone(word: string): string | undefined {
  const lower = word.toLowerCase()
  const zones = zoneNames()
  const cityOf = (zone: string): string => zone.slice(zone.lastIndexOf('/') + 1).toLowerCase()
  const byCity = (city: string | undefined) => zones.find((zone) => cityOf(zone) === city)
  return (
    byCity(cityOf(lower)) ??
    zones.find(
      (zone) =>
        zone.toLowerCase() ===
        nearest(
          lower,
          zones.map((other) => other.toLowerCase()),
        ),
    ) ??
    byCity(nearest(cityOf(lower), zones.map(cityOf)))
  )
}
