import { sql } from 'drizzle-orm'
import type { Inbox, TakenDelivery } from '../../ports/github.ts'
import type { Database, Raw } from './connect.ts'
import { json, milliseconds } from './parts.ts'
import { asRow } from './rows.ts'
import { githubDeliveries } from './schema/github.ts'

const toDelivery = (raw: Raw): TakenDelivery => {
  const { id, number, event, place, what, at, tries } = asRow(githubDeliveries, raw)
  return { id, number, event, place, what, at, tries }
}

/** The inbox of the GitHub App. */
export function openInbox({ run }: Database): Inbox {
  return {
    async take({ id, event, place, what }) {
      const rows = await run(sql`
        insert into github_deliveries (id, event, place, what) values (${id}, ${event}, ${place}, ${json(what)})
        on conflict (id) do nothing returning id`)
      return rows.length === 1
    },

    async claim(owner, leaseMs, limit) {
      // Whoever is first at a place holds up the rest of it, also while somebody else carries it out.
      const rows = await run(sql`
        update github_deliveries as taken
        set owner = ${owner}, lease_until = now() + ${milliseconds(leaseMs)}
        where taken.id in (
          select d.id from github_deliveries as d
          where d.done_at is null and d.due_at <= now() and (d.lease_until is null or d.lease_until <= now())
            and not exists (select from github_deliveries as earlier
              where earlier.place = d.place and earlier.done_at is null and earlier.number < d.number)
          order by d.number limit ${limit} for update skip locked)
        returning taken.*`)
      return rows.map(toDelivery).toSorted((a, b) => a.number - b.number)
    },

    async renew(owner, leaseMs) {
      await run(sql`
        update github_deliveries set lease_until = now() + ${milliseconds(leaseMs)}
        where owner = ${owner} and done_at is null`)
    },

    async done(id, owner, outcome) {
      await run(sql`
        update github_deliveries set done_at = now(), outcome = ${outcome}, owner = null, lease_until = null
        where id = ${id} and owner = ${owner} and done_at is null`)
    },

    async again(id, owner, inMs, problem) {
      await run(sql`
        update github_deliveries set due_at = now() + ${milliseconds(inMs)}, tries = tries + 1,
          problem = ${problem}, owner = null, lease_until = null
        where id = ${id} and owner = ${owner} and done_at is null`)
    },

    async isKnown(id) {
      return (await run(sql`select id from github_deliveries where id = ${id}`)).length > 0
    },

    async byNumber(number, forMs) {
      const [raw] = await run(sql`
        select * from github_deliveries
        where number = ${number} and at > now() - ${milliseconds(forMs)}`)
      return raw && toDelivery(raw)
    },

    async follow(number, follower) {
      const rows = await run(sql`
        update github_deliveries set followed_by = ${follower}
        where number = ${number} and (followed_by is null or followed_by = ${follower}) returning id`)
      return rows.length === 1
    },

    async sweep(olderMs) {
      await run(sql`
        delete from github_deliveries where id in (
          select id from github_deliveries where done_at < now() - ${milliseconds(olderMs)}
          limit 500 for update skip locked)`)
    },
  }
}
