import { counted } from '../domain/counted.ts'
import { formatTime } from '../domain/duration.ts'
import { name, optional } from './args.ts'
import { defineCommand } from './define.ts'
import { findJob } from './on-job.ts'
import { done } from './reply.ts'

/** So many entries are shown; `audit verify` reads them all. */
const MOST = 50

export const audit = defineCommand({
  name: 'audit',
  summary: 'Show who did what, newest first',
  effect: 'read',
  legalIn: 'any',
  args: { job: optional(name('the job; all if left out')) },
  example: 'audit web-01',
  run: async ({ job: jobName }, context) => {
    const job = jobName === undefined ? undefined : await findJob(context, jobName)
    const rows = await context.store.audit.list({
      ...(job === undefined ? {} : { jobId: job.id }),
      limit: MOST,
    })
    const now = context.clock.now()
    return done(
      'audit',
      `${rows.length === MOST ? 'The last ' : ''}${counted(rows.length, 'entry', 'entries')}${jobName === undefined ? '' : ` of ${jobName}`}.`,
      {
        table: {
          columns: ['entry', 'when', 'who', 'door', 'job', 'what', 'result', 'facts'],
          rows: rows.map((row) => [
            String(row.seq),
            formatTime(row.at, now),
            row.actor.person,
            row.actor.door,
            row.job ?? '',
            row.action,
            row.outcome,
            Object.entries(row.facts ?? {})
              .map(([key, value]) => `${key}=${String(value)}`)
              .join(' '),
          ]),
        },
        data: { entries: rows.map((row) => ({ ...row, at: row.at.toISOString() })) },
      },
    )
  },
})

export const auditVerify = defineCommand({
  name: 'audit verify',
  summary: 'Check that nobody has altered the audit',
  effect: 'read',
  legalIn: 'any',
  args: {},
  example: 'audit verify',
  run: async (_args, { store }) => {
    const { rows, brokenAt, head } = await store.audit.verify()
    return done(
      brokenAt === null ? 'audit-intact' : 'audit-broken',
      brokenAt === null
        ? `The audit is whole: ${counted(rows, 'entry', 'entries')}, each following from the one before.`
        : `The audit has been altered: entry ${brokenAt} does not follow from the one before.`,
      {
        facts: {
          Head: head,
          Note: 'write the head down elsewhere: who can rewrite the whole table can rewrite the chain',
        },
        data: { rows, brokenAt, head },
      },
    )
  },
})
