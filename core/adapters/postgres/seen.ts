import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { Database } from './connect.ts'
import { milliseconds } from './parts.ts'

/** `Store.firstSeen`. Each call also sweeps a few rows whose time is over, so that the table stays small. */
export async function firstSeen({ run }: Database, key: string, ttlMs: number): Promise<boolean> {
  const digest = createHash('sha256').update(key).digest('hex')
  const rows = await run(sql`
    with swept as (
      delete from seen_requests where key in (
        select key from seen_requests where until <= now() and key <> ${digest}
        order by until limit 20 for update skip locked)
    )
    insert into seen_requests as seen (key, until) values (${digest}, now() + ${milliseconds(ttlMs)})
    on conflict (key) do update set until = excluded.until where seen.until <= now()
    returning key`)
  return rows.length === 1
}

/** `Store.once`: whoever is first, everybody reads the same value. */
export async function once({ run }: Database, name: string, make: () => string): Promise<string> {
  const [known] = await run(sql`select value from settings where name = ${name}`)
  if (known !== undefined) return known['value'] as string
  const [stored] = await run(sql`
    insert into settings (name, value) values (${name}, ${make()})
    on conflict (name) do update set name = excluded.name
    returning value`)
  return stored?.['value'] as string
}
