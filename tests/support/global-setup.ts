import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../core/adapters/postgres/embedded.ts'
import { TEMPLATE, databaseUrl } from './postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The cluster of this run, as its owner. Tests take a database of their own with `freshDatabase`. */
    postgresUrl: string
  }
}

/** Nothing outlives the run, so nothing needs to be durable. */
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: 200 }

/** One PostgreSQL per run, with a template database that has the migrations; both are gone afterwards. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'ferry-tests-'))
  const server = await startEmbeddedPostgres({ directory, settings: FAST, dieWithParent: true })
  const admin = postgres(server.url, { max: 1, onnotice: () => undefined })
  await admin`create database ${admin(TEMPLATE)}`
  await admin.end()
  await migrateTemplate(databaseUrl(server.url, TEMPLATE))
  project.provide('postgresUrl', server.url)
  return async () => {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Migrations must close their connections: a database with connections cannot be copied. */
async function migrateTemplate(url: string): Promise<void> {
  const path = join(import.meta.dirname, '..', '..', 'core', 'adapters', 'postgres', 'migrate.ts')
  if (!existsSync(path)) return
  const { migrate } = (await import(pathToFileURL(path).href)) as { migrate: (url: string) => Promise<void> }
  await migrate(url)
}
