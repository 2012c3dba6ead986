import { formatMoment } from '../domain/duration.ts'
import { SEVERITIES } from '../domain/notice-routes.ts'
import type { OutboxRow } from '../ports/notices.ts'
import type { NextStep } from './reply.ts'
import { done } from './reply.ts'
import type { Tone, View } from './view.ts'

const TONES: Record<OutboxRow['severity'], Tone> = { info: 'neutral', warning: 'waits', error: 'bad' }

/** The most serious of them. */
export function worstOf(notices: readonly OutboxRow[]): OutboxRow['severity'] {
  return SEVERITIES.findLast((severity) => notices.some((notice) => notice.severity === severity)) ?? 'info'
}

/** A message of notices: one as it is, several as a digest with the most serious first. */
export function viewNotices(notices: readonly OutboxRow[]): View {
  const [first] = notices
  const worst = worstOf(notices)
  const data = { severity: worst, notices: notices.map(({ id }) => id) }
  if (notices.length === 1 && first !== undefined) {
    const reply = done('notice', first.title, {
      facts: { ...(first.facts ?? {}) },
      actions: stepsOf(first),
      data: { ...data, job: first.job },
    })
    return { reply, tone: TONES[worst], closed: true }
  }
  const jobs = [...new Set(notices.flatMap(({ job }) => job ?? []))]
  const rows = SEVERITIES.toReversed().flatMap((severity) =>
    notices.filter((notice) => notice.severity === severity),
  )
  const reply = done(
    'digest',
    `${notices.length} notices${jobs.length === 0 ? '' : ` of ${jobs.length} ${jobs.length === 1 ? 'job' : 'jobs'}`}: ${countWords(notices)}.`,
    {
      table: {
        columns: ['when', 'severity', 'job', 'what'],
        rows: rows.map(({ at, severity, job, title }) => [formatMoment(at), severity, job ?? '', title]),
      },
      data: { ...data, jobs },
    },
  )
  return { reply, tone: TONES[worst], closed: true }
}

/** `1 error, 12 info` */
function countWords(notices: readonly OutboxRow[]): string {
  return SEVERITIES.toReversed()
    .map((severity) => [notices.filter((notice) => notice.severity === severity).length, severity] as const)
    .filter(([count]) => count > 0)
    .map(([count, severity]) => `${count} ${severity}`)
    .join(', ')
}

function stepsOf({ job, severity }: OutboxRow): readonly NextStep[] {
  if (job === null) return []
  const status: NextStep = { label: 'status', command: `status ${job}`, effect: 'read' }
  const troubleshoot: NextStep = { label: 'troubleshoot', command: `troubleshoot ${job}`, effect: 'read' }
  return severity === 'error' ? [troubleshoot, status] : [status]
}
