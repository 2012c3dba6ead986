/** What the GitHub App keeps, in the words of core/ports/github.ts. Change tables here, then `npm run migration`. */
import { sql } from 'drizzle-orm'
import { bigint, check, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { GITHUB_ISSUER } from '../../../domain/workflows.ts'
import type { GateDecision } from '../../../ports/github.ts'
import { count, id, oneOf, time } from './columns.ts'

export const githubDeliveries = pgTable(
  'github_deliveries',
  {
    id: text().primaryKey(),
    number: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    event: text().notNull(),
    place: text().notNull(),
    what: jsonb().$type<unknown>().notNull(),
    at: time().notNull().defaultNow(),
    dueAt: time().notNull().defaultNow(),
    owner: text(),
    leaseUntil: time(),
    tries: integer().notNull().default(0),
    problem: text(),
    /** The delivery that has confirmed this one. */
    followedBy: text(),
    doneAt: time(),
    outcome: text(),
  },
  (t) => [
    uniqueIndex('github_deliveries_number').on(t.number),
    index('github_deliveries_open')
      .on(t.place, t.number)
      .where(sql`${t.doneAt} is null`),
    index('github_deliveries_done').on(t.doneAt),
  ],
)

export const githubGates = pgTable(
  'github_gates',
  {
    id: id(),
    // What was written down before there was this column is of github.com.
    issuer: text().notNull().default(GITHUB_ISSUER),
    repository: text().notNull(),
    repositoryId: text().notNull(),
    installationId: count().notNull(),
    runId: text().notNull(),
    attempt: text().notNull(),
    environment: text().notNull(),
    askedAt: time().notNull().defaultNow(),
    job: text(),
    requestedBy: text(),
    approval: integer(),
    decision: text().$type<GateDecision>(),
    reason: text().notNull().default(''),
    answeredAt: time(),
    reports: integer().notNull().default(0),
    shown: text(),
    tries: integer().notNull().default(0),
    dueAt: time().notNull().defaultNow(),
    owner: text(),
    leaseUntil: time(),
  },
  (t) => [
    check('github_gates_decision', oneOf(t.decision, ['approved', 'rejected'])),
    // GitHub takes one answer per run and environment, however many of its jobs wait there.
    uniqueIndex('github_gates_one').on(
      ...[t.issuer, t.repositoryId, t.runId, t.attempt, sql`lower(${t.environment})`],
    ),
    index('github_gates_open')
      .on(t.dueAt)
      .where(sql`${t.answeredAt} is null`),
    index('github_gates_of_approval').on(t.approval),
  ],
)
