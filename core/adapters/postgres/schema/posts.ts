/**
 * What doors show and tell by themselves, in the words of core/domain/post.ts. Change tables here, then `npm run migration`.
 */
import { sql } from 'drizzle-orm'
import { boolean, check, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { DoorName, Place, PostKind, Subject } from '../../../domain/post.ts'
import { DOORS, POST_KINDS, SUBJECT_KINDS } from '../../../domain/post.ts'
import { count, id, oneOf, time } from './columns.ts'
import { outbox } from './records.ts'

const lease = () => ({ owner: text(), leaseUntil: time() })

export const posts = pgTable(
  'posts',
  {
    id: id(),
    door: text().$type<DoorName>().notNull(),
    kind: text().$type<PostKind>().notNull(),
    subjectKind: text().$type<Subject['kind']>().notNull(),
    subjectId: text().notNull(),
    place: jsonb().$type<Place>().notNull(),
    remoteId: text(),
    shown: text(),
    shownAt: time(),
    /** What its subject was marked with when it was last shown; null: it has never been looked at. */
    mark: text(),
    dueAt: time().notNull().defaultNow(),
    /** Not before this, whatever moves: the door was not to be had. */
    retryAt: time(),
    tries: integer().notNull().default(0),
    problem: text(),
    openedAt: time().notNull().defaultNow(),
    closedAt: time(),
    ...lease(),
  },
  (t) => [
    check('posts_door', oneOf(t.door, DOORS)),
    check('posts_kind', oneOf(t.kind, POST_KINDS)),
    check('posts_subject', oneOf(t.subjectKind, SUBJECT_KINDS)),
    uniqueIndex('posts_once').on(t.door, t.kind, t.subjectKind, t.subjectId, sql`md5(${t.place}::text)`),
    index('posts_open')
      .on(t.door, t.dueAt)
      .where(sql`${t.closedAt} is null`),
    index('posts_remote').on(t.door, t.remoteId),
    index('posts_closed')
      .on(t.closedAt)
      .where(sql`${t.closedAt} is not null`),
  ],
)

export const lines = pgTable(
  'lines',
  {
    id: id(),
    door: text().$type<DoorName>().notNull(),
    place: jsonb().$type<Place>().notNull(),
    isDigest: boolean().notNull(),
    /** Of a digest: when what waits is told. */
    dueAt: time(),
    retryAt: time(),
    tries: integer().notNull().default(0),
    problem: text(),
    ...lease(),
  },
  (t) => [
    check('lines_door', oneOf(t.door, DOORS)),
    uniqueIndex('lines_once').on(t.door, t.isDigest, sql`md5(${t.place}::text)`),
  ],
)

export const deliveries = pgTable(
  'deliveries',
  {
    id: count().primaryKey().generatedAlwaysAsIdentity(),
    lineId: text()
      .notNull()
      .references(() => lines.id),
    noticeId: count()
      .notNull()
      .references(() => outbox.id),
    /** The message that it is told in; once set, it stays in that one. */
    message: text(),
    toldAt: time(),
    givenUp: boolean().notNull().default(false),
  },
  (t) => [
    uniqueIndex('deliveries_once').on(t.lineId, t.noticeId),
    index('deliveries_waiting')
      .on(t.lineId, t.id)
      .where(sql`${t.toldAt} is null and not ${t.givenUp}`),
    index('deliveries_told').on(t.lineId, t.toldAt),
    index('deliveries_notice').on(t.noticeId),
  ],
)
