/** A cutover told afterwards: what happened when, drawn from the audit, and the closing report as Markdown. */
import { formatDuration, formatMoment } from './duration.ts'
import type { Cutover } from './cutover.ts'
import { rolesWords } from './cutover.ts'
import type { JobFacts } from './cutover-steps.ts'
import { STEP_LABELS, stepsOf } from './cutover-steps.ts'
import { STATE_LABELS } from './job.ts'

/** A row of the audit, as far as the timeline tells it. */
export interface Happening {
  readonly at: Date
  readonly job: string | null
  readonly person: string
  readonly action: string
  readonly outcome: string
  readonly facts: Readonly<Record<string, unknown>>
}

export interface TimelineEntry {
  readonly at: Date
  readonly who: string
  readonly job: string
  readonly what: string
}

/** How long apart rows of one action lie, at most: one on several jobs leaves a row with each of them. */
const TOGETHER_MS = 1000
/** Of these there are many, and they say nothing that a later row does not. */
const LEFT_OUT = ['sync.due', 'prepared', 'intermediate.price']

/** What happened, oldest first; what was done to several jobs at once is one entry. */
export function timelineOf(rows: readonly Happening[]): readonly TimelineEntry[] {
  const entries: (TimelineEntry & { readonly key: string })[] = []
  for (const row of [...rows].sort((a, b) => a.at.getTime() - b.at.getTime())) {
    if (LEFT_OUT.includes(row.action)) continue
    const key = JSON.stringify([row.person, row.action, row.outcome, row.facts])
    const at = entries.findLastIndex(
      (entry) => entry.key === key && row.at.getTime() - entry.at.getTime() <= TOGETHER_MS,
    )
    const same = entries[at]
    if (same === undefined)
      entries.push({ key, at: row.at, who: row.person, job: row.job ?? '', what: whatWords(row) })
    else if (row.job !== null && !same.job.split(', ').includes(row.job))
      entries[at] = { ...same, job: same.job === '' ? row.job : `${same.job}, ${row.job}` }
  }
  return entries.map(({ at, who, job, what }) => ({ at, who, job, what }))
}

function whatWords({ action, outcome, facts }: Happening): string {
  const told = Object.entries(facts)
    .filter(([key, value]) => !['key', 'cutover'].includes(key) && value !== null && value !== false)
    // The database keeps facts in an order of its own; what was done is read before whom it concerns.
    .sort(([one], [other]) => Number(other === 'step') - Number(one === 'step'))
    .map(([key, value]) => (value === true ? key : `${key} ${String(value)}`))
  const words = [...(outcome === 'done' || outcome === action ? [] : [outcome]), ...told]
  return words.length === 0 ? action : `${action}: ${words.join(', ')}`
}

/** From the stop of the services to their start again, in milliseconds; null until both are known. */
export function downtimeOf({ entry: { ticks } }: JobFacts): number | null {
  const [stopped, up] = [ticks['services-stopped'], ticks['services-up']]
  if (stopped === undefined || up === undefined || up.at < stopped.at) return null
  return up.at.getTime() - stopped.at.getTime()
}

/** The closing report. `forecasts`: of the last sync of each job and how it came out, in the order of the facts. */
export function reportOf(
  cutover: Cutover,
  facts: readonly JobFacts[],
  timeline: readonly TimelineEntry[],
  forecasts: readonly string[],
  now: Date,
): string {
  const { number, startedAt, startedBy, signedOff, ended } = cutover
  const until = ended?.at ?? now
  const result =
    ended === null ? 'under way' : ended.result === 'done' ? 'done' : `stopped: ${ended.reason ?? ''}`
  return [
    `# Cutover ${number}: ${facts.map(({ job }) => job.name).join(', ')}`,
    '',
    `- Result: ${cell(result)}`,
    `- From ${formatMoment(startedAt)} to ${ended === null ? 'now' : formatMoment(until)}: ${formatDuration(until.getTime() - startedAt.getTime())}`,
    `- Started by ${startedBy}${ended === null ? '' : `, ended by ${ended.by}`}`,
    `- Roles: ${cell(rolesWords(cutover))}`,
    `- Signed off: ${signedOff === null ? 'no' : `by ${signedOff.by}, ${formatMoment(signedOff.at)}`}`,
    '',
    '## Jobs',
    '',
    ...table(
      ['job', 'state', 'downtime', 'last sync', 'forecast', 'image'],
      facts.map((each, at) => [
        each.job.name,
        STATE_LABELS[each.job.state],
        downtimeWords(each),
        stepsOf(each).find(({ step }) => step === 'last-sync')?.detail ?? '',
        forecasts[at] ?? '',
        each.image === undefined
          ? 'none'
          : `#${each.image.number} ${each.image.cloudId}, ${each.image.verdict ?? 'not verified'}`,
      ]),
    ),
    '',
    '## Checklist',
    '',
    ...table(
      ['job', 'step', 'state', 'detail'],
      facts.flatMap((each) =>
        stepsOf(each).map(({ step, state, detail }) => [each.job.name, STEP_LABELS[step], state, detail]),
      ),
    ),
    '',
    '## What happened',
    '',
    ...table(
      ['when', 'who', 'job', 'what'],
      timeline.map(({ at, who, job, what }) => [
        at.toISOString().slice(0, 19).replace('T', ' '),
        who,
        job,
        what,
      ]),
    ),
    '',
  ].join('\n')
}

function downtimeWords(facts: JobFacts): string {
  const ms = downtimeOf(facts)
  return ms === null ? 'not known' : formatDuration(ms)
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)]
}

/** What people typed must neither end a cell nor become a mention, a link or HTML where the report is shown. */
function cell(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\|<>`*_[\]]/g, '\\$&')
    .replace(/@/g, '@\u200b')
}
