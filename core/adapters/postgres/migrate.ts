import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { legalPairs } from '../../domain/life.ts'

const FOLDER = fileURLToPath(new URL('../../../migrations', import.meta.url))

/**
 * Brings the database to the schema of this version, and its table of legal moves to `core/domain/life.ts`.
 * Repeatable, and safe when several replicas start at once: they take turns. It closes its connection.
 */
export async function migrate(url: string): Promise<void> {
  const client = postgres(url, {
    max: 1,
    connect_timeout: 10,
    fetch_types: false,
    onnotice: () => undefined,
    connection: { application_name: 'ferry migrate' },
  })
  try {
    const db = drizzle(client, { casing: 'snake_case' })
    // Drizzle itself takes no lock: of four replicas at once, three failed. It is the session's, so it goes with it.
    await db.execute(sql`select pg_advisory_lock(hashtext('ferry migrate'))`)
    await applyMigrations(db, { migrationsFolder: FOLDER })
    await db.execute(sql`
      with pairs as (
        select pair ->> 0 as from_state, pair ->> 1 as to_state
        from jsonb_array_elements(${JSON.stringify(legalPairs())}::jsonb) as pair
      ), gone as (
        delete from life where (from_state, to_state) not in (select from_state, to_state from pairs)
      )
      insert into life (from_state, to_state) select distinct from_state, to_state from pairs
      on conflict do nothing`)
  } finally {
    await client.end({ timeout: 5 })
  }
}
