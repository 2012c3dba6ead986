import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { Answers } from '../../ports/answers.ts'
import type { Database } from './connect.ts'
import { json, milliseconds } from './parts.ts'

const hash = (key: string): string => createHash('sha256').update(key).digest('hex')

/** What was answered under a key. Each `take` also sweeps a few rows whose time is over. */
export function openAnswers({ run }: Database): Answers {
  return {
    async take(key, digest, { leaseMs, keepMs }) {
      const lease = sql`now() + ${milliseconds(leaseMs)}`
      const [taken] = await run(sql`
        with swept as (
          delete from answers where key in (
            select key from answers where until <= now() and key <> ${hash(key)}
            order by until limit 20 for update skip locked)
        )
        insert into answers as mine (key, digest, until, lease_until)
        values (${hash(key)}, ${digest}, now() + ${milliseconds(keepMs)}, ${lease})
        on conflict (key) do update set lease_until = excluded.lease_until
          where mine.reply is null and mine.lease_until <= now() and mine.digest = excluded.digest
        -- A row that was inserted by this statement has no xmax.
        returning xmax = 0 as is_first`)
      if (taken !== undefined) return { how: taken['is_first'] === true ? 'first' : 'left' }
      const [found] = await run(sql`select digest, reply from answers where key = ${hash(key)}`)
      if (found === undefined) return { how: 'busy' }
      if (found['digest'] !== digest) return { how: 'other' }
      return found['reply'] === null ? { how: 'busy' } : { how: 'answered', reply: found['reply'] }
    },

    async put(key, reply) {
      await run(sql`update answers set reply = ${json(reply)} where key = ${hash(key)}`)
    },

    async leave(key) {
      await run(sql`update answers set lease_until = now() where key = ${hash(key)} and reply is null`)
    },
  }
}
