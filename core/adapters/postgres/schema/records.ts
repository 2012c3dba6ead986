/**
 * What people agreed to, did and were told; and what the installation keeps for itself. Change tables here, then `npm run migration`; what drizzle cannot say stands in migrations/0001_guards.sql.
 */
import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  index,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import type { Approval } from '../../../domain/approval.ts'
import type { Freeze } from '../../../domain/job.ts'
import type { Actor, AuditEntry } from '../../../ports/jobs.ts'
import type { Notice } from '../../../ports/notices.ts'
import { count, oneOf, time, within } from './columns.ts'
import type { Stored } from './jobs.ts'
import { jobs } from './jobs.ts'

export const approvals = pgTable(
  'approvals',
  {
    number: integer().primaryKey().generatedAlwaysAsIdentity(),
    jobId: text()
      .notNull()
      .references(() => jobs.id),
    jobName: text().notNull(),
    jobVersion: count().notNull(),
    command: text().notNull(),
    args: jsonb().$type<Approval['args']>().notNull(),
    requestedBy: text().notNull(),
    requestedAt: time().notNull().defaultNow(),
    expiresAt: time().notNull(),
    needed: integer().notNull(),
    approvedBy: jsonb().$type<Approval['approvedBy']>().notNull().default([]),
    carriedOutBy: text().$type<Approval['carriedOutBy']>().notNull().default('approval'),
    status: text().$type<Approval['status']>().notNull().default('open'),
    /** Not jsonb, which keeps an order of its own: people read it in the order in which it was written. */
    evidence: json().$type<Approval['evidence']>().notNull(),
    reason: text(),
    deniedBy: text(),
    endedAt: time(),
  },
  (t) => [
    check('approvals_status', oneOf(t.status, ['open', 'approved', 'denied', 'expired', 'void', 'used'])),
    check('approvals_carried_out_by', oneOf(t.carriedOutBy, ['approval', 'run'])),
    check('approvals_needed', within(t.needed, 1, 10)),
    // Asked twice, it is one request. Arguments can be long; their digest is what an index can hold.
    uniqueIndex('approvals_one_open')
      .on(t.jobId, t.jobVersion, t.command, sql`md5(${t.args}::text)`)
      .where(sql`${t.status} = 'open'`),
  ],
)

/** One row, always there: whoever begins something locks it, so that nothing begins once a freeze was answered. */
export const freezeAll = pgTable(
  'freeze_all',
  { one: boolean().primaryKey().default(true), frozen: jsonb().$type<Stored<Freeze>>() },
  (t) => [check('freeze_all_one', sql`${t.one}`)],
)

/** Rows are only ever added; `seq`, `at` and `hash` are the trigger's. */
export const audit = pgTable(
  'audit',
  {
    seq: count().primaryKey(),
    at: time().notNull(),
    jobId: text(),
    /** The job's name, as it was. */
    job: text(),
    person: text().notNull(),
    door: text().$type<Actor['door']>().notNull(),
    action: text().notNull(),
    outcome: text().notNull(),
    facts: jsonb().$type<NonNullable<AuditEntry['facts']>>().notNull(),
    hash: text().notNull(),
  },
  (t) => [
    index('audit_of_job').on(t.jobId, t.seq),
    index('audit_with_key')
      .on(sql`(${t.facts} ->> 'key')`)
      .where(sql`${t.facts} ? 'key'`),
  ],
)

/** `id` is the trigger's: it follows the order in which rows become visible. */
export const outbox = pgTable(
  'outbox',
  {
    id: count().primaryKey(),
    at: time().notNull().defaultNow(),
    jobId: text(),
    job: text(),
    severity: text().$type<Notice['severity']>().notNull(),
    title: text().notNull(),
    /** In the order in which they were written, as the evidence of approvals. */
    facts: json().$type<NonNullable<Notice['facts']>>().notNull(),
    shownBy: text().$type<NonNullable<Notice['shownBy']>>(),
    /** Of what is told once only, such as by a watchdog. */
    once: text().unique('outbox_once'),
    owner: text(),
    leaseUntil: time(),
    deliveredAt: time(),
  },
  (t) => [
    check('outbox_severity', oneOf(t.severity, ['info', 'warning', 'error'])),
    check('outbox_shown_by', oneOf(t.shownBy, ['sync', 'approval'])),
    index('outbox_undelivered')
      .on(t.id)
      .where(sql`${t.deliveredAt} is null`),
  ],
)

/** Keys are kept as SHA-256: a replayed signature is not worth storing. */
export const seenRequests = pgTable(
  'seen_requests',
  { key: text().primaryKey(), until: time().notNull() },
  (t) => [index('seen_requests_until').on(t.until)],
)

/** What was answered to a request that carried a key; without a reply while it is being answered. */
export const answers = pgTable(
  'answers',
  {
    key: text().primaryKey(),
    /** SHA-256 of what was asked: the same key with something else is a mistake. */
    digest: text().notNull(),
    until: time().notNull(),
    /** Whoever answers has died when this has passed without a reply. */
    leaseUntil: time().notNull(),
    reply: jsonb(),
  },
  (t) => [index('answers_until').on(t.until)],
)

export const settings = pgTable('settings', { name: text().primaryKey(), value: text().notNull() })

/** The legal pairs of states: filled from core/domain/life.ts at every start, read by the guard of jobs. */
export const life = pgTable('life', { fromState: text().notNull(), toState: text().notNull() }, (t) => [
  primaryKey({ columns: [t.fromState, t.toState] }),
])
