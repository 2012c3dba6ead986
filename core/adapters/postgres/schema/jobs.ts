/**
 * Jobs, their syncs and images, in the words of core/domain/job.ts. Change tables here, then `npm run migration`; what drizzle cannot say stands in migrations/0001_guards.sql.
 */
import { sql } from 'drizzle-orm'
import { HOLD_MS, type Instant } from '../../../domain/instant.ts'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'
import { boolean, check, doublePrecision, index, integer, jsonb } from 'drizzle-orm/pg-core'
import { pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { Forecast } from '../../../domain/forecast.ts'
import { INTERVAL_RANGE, parseDuration } from '../../../domain/duration.ts'
import { DEFAULT_IMAGE_NAME } from '../../../domain/image-name.ts'
import type { Compression, Freeze, IntermediateStatus, Job, JobFault, Lock } from '../../../domain/job.ts'
import type { Phase, ResumeState, State } from '../../../domain/job.ts'
import type { Sync, SyncKind, SyncProgress, Trigger } from '../../../domain/job.ts'
import { PHASES, STATES } from '../../../domain/job.ts'
import { ENDED, RESUMABLE } from '../../../domain/life.ts'
import type { SyncWork } from '../../../ports/jobs.ts'
import { count, id, list, oneOf, time, within, work } from './columns.ts'
import { sources } from './machines.ts'

type MachineFault = { readonly code: string; readonly detail: string }

/** As it lies in a column of JSON: times as ISO text. */
export type Stored<T> = T extends Date
  ? string
  : T extends object
    ? { readonly [K in keyof T]: Stored<T[K]> }
    : T

const bytes = () => count().notNull().default(0)
const interval = (column: AnyPgColumn) =>
  within(column, parseDuration(INTERVAL_RANGE.min) ?? 0, parseDuration(INTERVAL_RANGE.max) ?? 0)

export const jobs = pgTable(
  'jobs',
  {
    id: id(),
    name: text().notNull(),
    sourceId: text()
      .notNull()
      .references(() => sources.id),
    state: text().$type<State>().notNull().default('ready'),
    resume: text().$type<ResumeState>(),
    fault: jsonb().$type<Stored<JobFault>>(),
    version: count().notNull().default(1),
    ...work(),
    target: text().$type<Job['target']>().notNull().default('image'),
    destination: text(),
    region: text().notNull(),
    zone: text().notNull(),
    auto: boolean().notNull(),
    intervalMs: count().notNull(),
    pendingIntervalMs: count(),
    keep: integer().notNull(),
    imageName: text().notNull().default(DEFAULT_IMAGE_NAME),
    bytesPerSecond: count(),
    compression: text().$type<Compression>(),
    connections: integer(),
    holdMs: count().default(HOLD_MS),
    nextSyncAt: time(),
    deferral: text(),
    windows: jsonb().$type<Job['windows']>().notNull().default([]),
    frozen: jsonb().$type<Stored<Freeze>>(),
    lock: jsonb().$type<Stored<Lock>>(),
    intermediate: text().$type<IntermediateStatus>().notNull().default('none'),
    completing: boolean().notNull().default(false),
    createdAt: time().notNull().defaultNow(),
    createdBy: text().notNull(),
    endedAt: time(),
    clonedFrom: text(),
    /** When the owner was last told that the intermediate of a job at rest costs money. */
    costToldAt: time(),
  },
  (t) => [
    check('jobs_state', oneOf(t.state, STATES)),
    check('jobs_resume', oneOf(t.resume, RESUMABLE)),
    check('jobs_target', oneOf(t.target, ['image', 'instance'])),
    check('jobs_destination', sql`(${t.target} = 'instance') = (${t.destination} is not null)`),
    check('jobs_interval', interval(t.intervalMs)),
    check('jobs_pending_interval', interval(t.pendingIntervalMs)),
    check('jobs_keep', within(t.keep, 1, 10)),
    check('jobs_compression', oneOf(t.compression, ['auto', 'on', 'off'])),
    check('jobs_connections', within(t.connections, 1, 8)),
    check('jobs_hold', within(t.holdMs, 100, 30_000)),
    check('jobs_intermediate', oneOf(t.intermediate, ['none', 'creating', 'ready', 'lost', 'released'])),
    uniqueIndex('jobs_name')
      .on(t.name)
      .where(sql`${t.state} <> 'cleared'`),
    // A job that lost its intermediate can be cloned while it still stands, so it does not count as open.
    uniqueIndex('jobs_one_open_per_source')
      .on(t.sourceId)
      .where(sql`${t.state} not in ${list(ENDED)} and ${t.intermediate} <> 'lost'`),
    uniqueIndex('jobs_one_open_per_destination')
      .on(t.destination)
      .where(sql`${t.state} not in ${list(ENDED)} and ${t.intermediate} <> 'lost'`),
    index('jobs_due')
      .on(t.dueAt)
      .where(sql`${t.dueAt} is not null`),
    index('jobs_leased')
      .on(t.leaseUntil)
      .where(sql`${t.leaseUntil} is not null`),
    index('jobs_next_sync')
      .on(t.nextSyncAt)
      .where(sql`${t.state} = 'waiting'`),
  ],
)

export const jobDisks = pgTable(
  'job_disks',
  {
    jobId: text()
      .notNull()
      .references(() => jobs.id),
    index: integer().notNull(),
    path: text().notNull(),
    identity: text().notNull(),
    sizeBytes: count().notNull(),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.index] })],
)

export const syncs = pgTable(
  'syncs',
  {
    id: id(),
    jobId: text()
      .notNull()
      .references(() => jobs.id),
    number: integer().notNull(),
    kind: text().$type<SyncKind>().notNull(),
    trigger: text().$type<Trigger>().notNull(),
    askedBy: text().notNull(),
    page: text(),
    phase: text().$type<Phase>().notNull().default('comparing'),
    result: text().$type<Sync['result']>(),
    startedAt: time().notNull().defaultNow(),
    endedAt: time(),
    transferredAt: time(),
    imageId: text(),
    servicesStopped: boolean().notNull().default(false),
    instant: jsonb().$type<Instant>(),
    /** How many orders were given for it: one, and one for every retry. */
    tries: integer().notNull().default(0),
    roots: jsonb().$type<readonly string[]>(),
    // The order to the source's agent; none while `orderEpoch` is null.
    orderEpoch: count(),
    /** The first order: where the time that the sync takes begins. */
    orderedAt: time(),
    agentStatus: text().$type<SyncWork['agent']['status']>().notNull().default('silent'),
    agentReportedAt: time(),
    agentMovedAt: time(),
    agentRoots: jsonb().$type<readonly string[]>(),
    agentFault: jsonb().$type<MachineFault>(),
    sealedRoots: jsonb().$type<readonly string[]>(),
    receiverFault: jsonb().$type<MachineFault>(),
    // The progress.
    totalBytes: bytes(),
    comparedBytes: bytes(),
    changedBytes: bytes(),
    appliedBytes: bytes(),
    wireBytes: bytes(),
    /** What former orders of this sync had applied and sent; the columns above are the present order's. */
    earlierAppliedBytes: bytes(),
    earlierWireBytes: bytes(),
    compareRate: doublePrecision().notNull().default(0),
    applyRate: doublePrecision().notNull().default(0),
    limitedBy: text().$type<SyncProgress['limitedBy']>(),
    imagePercent: integer().notNull().default(0),
    comparison: text().notNull().default(''),
    progressAt: time(),
    // For the forecast of the next one, and how this one's came out.
    transferringMs: bytes(),
    interrupted: boolean().notNull().default(false),
    forecast: jsonb().$type<Forecast>(),
  },
  (t) => [
    check('syncs_kind', oneOf(t.kind, ['full', 'incremental', 'final'])),
    check('syncs_trigger', oneOf(t.trigger, ['schedule', 'manual'])),
    check('syncs_phase', oneOf(t.phase, PHASES)),
    check('syncs_result', oneOf(t.result, ['ok', 'cancelled', 'missed'])),
    check('syncs_ended', sql`(${t.result} is null) = (${t.endedAt} is null)`),
    check('syncs_image_percent', within(t.imagePercent, 0, 100)),
    uniqueIndex('syncs_number').on(t.jobId, t.number),
    index('syncs_ended').on(t.endedAt),
    uniqueIndex('syncs_one_running_per_job')
      .on(t.jobId)
      .where(sql`${t.result} is null`),
  ],
)

export const images = pgTable(
  'images',
  {
    id: id(),
    jobId: text()
      .notNull()
      .references(() => jobs.id),
    syncId: text()
      .notNull()
      .unique('images_one_per_sync')
      .references(() => syncs.id),
    number: integer().notNull(),
    cloudId: text().notNull(),
    name: text().notNull(),
    createdAt: time().notNull().defaultNow(),
    pinned: boolean().notNull().default(false),
    inUse: boolean().notNull().default(false),
    deleting: boolean().notNull().default(false),
    deletedAt: time(),
    roots: jsonb().$type<readonly string[]>().notNull(),
    verdict: text().$type<'Verified' | 'Not Verified'>(),
    consistency: text().notNull(),
  },
  (t) => [
    check('images_verdict', oneOf(t.verdict, ['Verified', 'Not Verified'])),
    index('images_of_job').on(t.jobId, t.number),
  ],
)
