import postgres from 'postgres'
import { afterAll } from 'vitest'
import { openStore } from '../../core/adapters/postgres/store.ts'
import type { Store } from '../../core/ports/store.ts'
import { freshDatabase } from './postgres.ts'

/**
 * A store on a database of its own, for all tests of a file, and the way past it: for what only somebody with the
 * database's password can do. Both are closed at the end.
 */
export async function freshStore(
  connections = 1,
): Promise<{ readonly url: string; readonly store: Store; readonly sql: postgres.Sql }> {
  const url = await freshDatabase()
  const store = await openStore(url)
  const sql = postgres(url, { max: connections, onnotice: () => undefined })
  afterAll(() => Promise.all([store.close(), sql.end()]))
  return { url, store, sql }
}
