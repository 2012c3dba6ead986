/**
 * What is made in the cloud for a job: intermediates, everything billable, verifications. Change tables here, then `npm run migration`; what drizzle cannot say stands in migrations/0001_guards.sql.
 */
import { sql } from 'drizzle-orm'
import { boolean, check, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { IntermediateMode } from '../../../ports/machines.ts'
import { DEFAULT_OPTIONS, VERDICTS } from '../../../domain/verification.ts'
import type { Verdict, VerifyOptions } from '../../../domain/verification.ts'
import type { Resource, ResourcePrice, VerificationCheck } from '../../../ports/store.ts'
import { id, oneOf, time, work } from './columns.ts'
import { images, jobs, syncs } from './jobs.ts'

export const intermediates = pgTable(
  'intermediates',
  {
    id: id(),
    jobId: text()
      .notNull()
      .references(() => jobs.id),
    mode: text().$type<IntermediateMode>().notNull(),
    resourceKey: text().notNull().unique('intermediates_key'),
    /** SHA-256 of the one-time token in its UserData. */
    tokenHash: text().notNull().unique('intermediates_token'),
    carrier: boolean().notNull(),
    instanceId: text(),
    address: text(),
    machineId: text().unique('intermediates_machine'),
    publicKey: text(),
    tlsPin: text(),
    port: integer(),
    receiverVersion: text(),
    receiverSeenAt: time(),
    report: jsonb(),
    createdAt: time().notNull().defaultNow(),
    endedAt: time(),
  },
  (t) => [
    check('intermediates_mode', oneOf(t.mode, ['receive', 'inspect'])),
    index('intermediates_of_job').on(t.jobId),
  ],
)

/** The ledger. */
export const cloudResources = pgTable(
  'cloud_resources',
  {
    key: text().primaryKey(),
    jobId: text()
      .notNull()
      .references(() => jobs.id),
    syncId: text().references(() => syncs.id),
    kind: text().$type<Resource['kind']>().notNull(),
    purpose: text().notNull(),
    cloudId: text(),
    address: text(),
    request: jsonb().$type<Resource['request']>().notNull(),
    intendedAt: time().notNull().defaultNow(),
    releasedAt: time(),
    releaseAskedBy: text(),
    outlivesJob: boolean().notNull().default(false),
    price: jsonb().$type<Omit<ResourcePrice, 'at'>>(),
    pricedAt: time(),
  },
  (t) => [
    check('cloud_resources_kind', oneOf(t.kind, ['instance', 'disk', 'snapshot', 'image'])),
    index('cloud_resources_open')
      .on(t.jobId)
      .where(sql`${t.releasedAt} is null`),
    index('cloud_resources_cloud_id').on(t.cloudId),
  ],
)

export const verifications = pgTable(
  'verifications',
  {
    id: id(),
    number: integer().notNull().unique('verifications_number').generatedAlwaysAsIdentity(),
    jobId: text()
      .notNull()
      .references(() => jobs.id),
    imageId: text()
      .notNull()
      .references(() => images.id),
    askedBy: text().notNull(),
    startedAt: time().notNull().defaultNow(),
    endedAt: time(),
    options: jsonb().$type<VerifyOptions>().notNull().default(DEFAULT_OPTIONS),
    doing: text().notNull().default(''),
    verdict: text().$type<Verdict>(),
    cause: text(),
    checks: jsonb().$type<readonly VerificationCheck[]>().notNull().default([]),
    ...work(),
  },
  (t) => [
    check('verifications_verdict', oneOf(t.verdict, VERDICTS)),
    uniqueIndex('verifications_one_running_per_image')
      .on(t.imageId)
      .where(sql`${t.endedAt} is null`),
  ],
)
