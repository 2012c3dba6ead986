import { startEmbeddedPostgres } from '../adapters/postgres/embedded.ts'

/** A database of Ferry's own, for local mode: nothing to install, nothing to set up. */
export interface OwnDatabase {
  /** A secret: it holds the password. */
  readonly url: string
  stop(): Promise<void>
}

/**
 * Starts it in `directory`, or adopts the one that an earlier Ferry left there. It ends with this process, however
 * that ends, so that nothing is left running behind a killed bot.
 */
export async function startOwnDatabase(directory: string): Promise<OwnDatabase> {
  return startEmbeddedPostgres({ directory, dieWithParent: true })
}
