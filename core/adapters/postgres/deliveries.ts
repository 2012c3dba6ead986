import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { Deliveries } from '../../ports/deliveries.ts'
import type { Database } from './connect.ts'
import { toOutboxRow } from './outbox.ts'
import { json, milliseconds } from './parts.ts'
import { asRow } from './rows.ts'
import { lines } from './schema/posts.ts'

/** What is still to be told. */
const IS_WAITING = sql`deliveries.told_at is null and not deliveries.given_up`

/** Lines and what waits in them. One holder per line at a time: the lease is taken on the line's own row. */
export function openDeliveries({ run }: Database): Deliveries {
  return {
    async add(noticeId, to) {
      if (to.length === 0) return
      const wanted = to.map(({ door, place, digestAt }) => ({ door, place, digest_at: digestAt }))
      await run(sql`
        with wanted as (
          select * from jsonb_to_recordset(${json(wanted)}) as w (door text, place jsonb, digest_at timestamptz)
        ), line as (
          insert into lines (door, place, is_digest, due_at)
          select door, place, digest_at is not null, digest_at from wanted
          -- Told together with what waits there already, which has its time.
          on conflict (door, is_digest, md5(place::text)) do update set due_at = coalesce(lines.due_at, excluded.due_at)
          returning id
        )
        insert into deliveries (line_id, notice_id) select id, ${noticeId}::bigint from line
        on conflict do nothing`)
    },

    async takeLines(door, owner, leaseMs, limit) {
      const rows = await run(sql`
        with due as (
          select lines.id, first.id as first_id from lines
            cross join lateral (
              select id from deliveries where line_id = lines.id and ${IS_WAITING} order by id limit 1) as first
          where door = ${door} and (lease_until is null or lease_until <= now())
            and (retry_at is null or retry_at <= now())
            and (not is_digest or due_at is null or due_at <= now())
          order by first.id limit ${limit} for update of lines skip locked
        )
        update lines set owner = ${owner}, lease_until = now() + ${milliseconds(leaseMs)}
        from due where lines.id = due.id
        returning lines.*`)
      return rows.map((raw) => {
        const { id, place, isDigest, tries, door: ofDoor } = asRow(lines, raw)
        return { id, door: ofDoor, place, isDigest, tries }
      })
    },

    async waiting(lineId, latelyMs) {
      const [row] = await run(sql`
        select count(*) filter (where ${IS_WAITING}) as waiting, min(outbox.at) filter (where ${IS_WAITING}) as since,
          count(distinct message) filter (where told_at > now() - ${milliseconds(latelyMs)}) as lately
        from deliveries join outbox on outbox.id = notice_id
        where line_id = ${lineId} and (${IS_WAITING} or told_at > now() - ${milliseconds(latelyMs)})`)
      const since = row?.['since']
      return {
        count: Number(row?.['waiting'] ?? 0),
        since: typeof since === 'string' ? new Date(since) : null,
        toldLately: Number(row?.['lately'] ?? 0),
      }
    },

    async nextMessage(lineId, owner, size) {
      // Only who holds the line gives out messages, so nobody else does at the same time.
      const rows = await run(sql`
        with begun as (
          select message from deliveries where line_id = ${lineId} and ${IS_WAITING} order by id limit 1
        ), chosen as (
          select deliveries.id, deliveries.message from deliveries cross join begun
          where line_id = ${lineId} and ${IS_WAITING} and deliveries.message is not distinct from begun.message
          order by deliveries.id limit (select case when message is null then ${size}::int end from begun)
        ), marked as (
          update deliveries set message = coalesce(chosen.message, ${randomUUID()})
          from chosen where deliveries.id = chosen.id
            and exists (select from lines where lines.id = ${lineId} and owner = ${owner})
          returning deliveries.message, notice_id, chosen.message is not null as is_repeat
        )
        select outbox.*, marked.message, marked.is_repeat from marked join outbox on outbox.id = notice_id
        order by outbox.id`)
      const [first] = rows
      if (first === undefined) return undefined
      return {
        id: first['message'] as string,
        notices: rows.map(toOutboxRow),
        isRepeat: first['is_repeat'] === true,
      }
    },

    async told(lineId, owner, messageId) {
      await run(sql`
        with held as (
          update lines set tries = 0, problem = null, retry_at = null where id = ${lineId} and owner = ${owner}
          returning id
        )
        update deliveries set told_at = now() from held
        where line_id = held.id and message = ${messageId} and ${IS_WAITING}`)
    },

    async giveBack(lineId, owner, { againInMs, problem }) {
      await run(sql`
        update lines set owner = null, lease_until = null, retry_at = now() + ${milliseconds(againInMs)},
          problem = ${problem}::text, tries = case when ${problem !== null}::boolean then tries + 1 else 0 end,
          due_at = case when exists (select from deliveries where line_id = lines.id and ${IS_WAITING})
            then due_at end
        where id = ${lineId} and owner = ${owner}`)
    },

    async giveUp(lineId, owner, problem) {
      const rows = await run(sql`
        with held as (
          update lines set owner = null, lease_until = null, problem = ${problem}, due_at = null
          where id = ${lineId} and owner = ${owner} returning id
        )
        update deliveries set given_up = true from held where line_id = held.id and ${IS_WAITING}
        returning deliveries.id`)
      return rows.length
    },

    async forget(keepMs, limit) {
      // The newest stays: its number says where the next one goes on.
      const rows = await run(sql`
        with old as (
          select id from outbox
          where delivered_at < now() - ${milliseconds(keepMs)} and once is null
            and id < (select max(id) from outbox)
            and not exists (select from deliveries where notice_id = outbox.id and ${IS_WAITING})
          order by id limit ${limit} for update skip locked
        ), told as (
          delete from deliveries using old where notice_id = old.id
        )
        delete from outbox using old where outbox.id = old.id returning outbox.id`)
      return rows.length
    },
  }
}
