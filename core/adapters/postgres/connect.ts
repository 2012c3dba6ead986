import type { SQL } from 'drizzle-orm'
import { DrizzleQueryError } from 'drizzle-orm'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { StoreUnreachable } from '../../ports/store.ts'
import { openPool } from './pool.ts'

/** A raw row: snake_case columns, times as text. `rows.ts` reads it as drizzle would. */
export type Raw = Record<string, unknown>

export interface Database {
  readonly db: PostgresJsDatabase
  /** One statement of our own. */
  readonly run: (statement: SQL) => Promise<readonly Raw[]>
  /** A query of drizzle's, with its errors turned into ours. */
  readonly ask: <T>(query: PromiseLike<T>) => Promise<T>
  readonly close: () => Promise<void>
}

/** No statement of ours is long; one that waits longer than this is a bug or a stuck disk, and better fails. */
const LIMITS = {
  statement_timeout: 15_000,
  lock_timeout: 5000,
  idle_in_transaction_session_timeout: 30_000,
}

const POOL_SIZE = 10

/** The options of every connection that Ferry opens. */
export function connectionOptions(name: string) {
  return {
    connect_timeout: 10,
    // Asked for on connecting, in a query of the driver's own that nobody waits for: when the connection dies then,
    // the rejection is unhandled and ends the process. No array goes over this wire.
    fetch_types: false,
    onnotice: () => undefined,
    connection: { application_name: name, TimeZone: 'UTC', ...LIMITS },
  }
}

/**
 * Opens a pool. Transactions are not offered, on purpose: when a backend dies inside one, postgres.js 3.4 goes on
 * with the rest of it on another connection, where every statement commits by itself. One statement cannot be torn.
 */
export function connect(url: string): Database {
  const pool = openPool(url, POOL_SIZE, connectionOptions('ferry'))
  // Drizzle asks a client for `unsafe` and `options` alone as long as nobody opens a transaction.
  const db = drizzle(pool as unknown as postgres.Sql, { casing: 'snake_case' })
  const ask = async <T>(query: PromiseLike<T>): Promise<T> => {
    try {
      return await query
    } catch (error) {
      throw databaseError(error)
    }
  }
  return {
    db,
    ask,
    run: (statement) => ask(db.execute<Raw>(statement)),
    close: () => pool.end(),
  }
}

/** The SQLSTATE and the constraint of a refusal, if it is one. */
export function refusalOf(
  error: unknown,
): { readonly state: string; readonly constraint: string } | undefined {
  const cause = error instanceof DrizzleQueryError || error instanceof DatabaseError ? error.cause : error
  if (!(cause instanceof postgres.PostgresError)) return undefined
  return { state: cause.code, constraint: cause.constraint_name ?? '' }
}

/** What people may see of a failure: neither the statement nor its parameters. */
class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
}

/** A server that starts or stops, ends this connection, or has become a read-only standby: not the statement's fault. */
const AWAY = /^(08|57P|25006$|53300$)/

function databaseError(error: unknown): Error {
  // Drizzle's own error has the statement and all parameters in its message; what it wraps has not.
  const cause = error instanceof DrizzleQueryError ? error.cause : error
  const refusal = refusalOf(cause)
  if (refusal === undefined || AWAY.test(refusal.state))
    return new StoreUnreachable('the database does not answer', { cause })
  const where = refusal.constraint === '' ? '' : `, ${refusal.constraint}`
  return new DatabaseError(`the database refused a statement (${refusal.state}${where})`, { cause })
}
