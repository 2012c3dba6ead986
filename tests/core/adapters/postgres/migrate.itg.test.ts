import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { migrate } from '../../../../core/adapters/postgres/migrate.ts'
import { legalPairs } from '../../../../core/domain/life.ts'
import { databaseUrl, freshDatabase } from '../../../support/postgres.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')
const EMPTY = 'test_migrate_empty'

interface Journal {
  readonly entries: readonly { readonly when: number; readonly tag: string }[]
}
const readJournal = async () =>
  JSON.parse(await readFile(join(ROOT, 'migrations', 'meta', '_journal.json'), 'utf8')) as Journal

let sql: postgres.Sql | undefined
const connect = (url: string) => (sql = postgres(url, { max: 1, onnotice: () => undefined }))
afterEach(() => sql?.end())

describe('migrations', () => {
  it('are applied once when four start at once', async () => {
    const admin = connect(inject('postgresUrl'))
    await admin`create database ${admin(EMPTY)}`
    await admin.end()
    const url = databaseUrl(inject('postgresUrl'), EMPTY)

    await Promise.all(Array.from({ length: 4 }, () => migrate(url)))

    const [applied] = await connect(url)`select count(*)::int as n from drizzle.__drizzle_migrations`
    expect(applied?.['n']).toBe((await readJournal()).entries.length)
  })

  it('leave exactly the legal moves in the database, whatever stood there', async () => {
    const url = await freshDatabase()
    const client = connect(url)
    await client`delete from life where from_state = 'ready'`
    await client`insert into life values ('completed', 'syncing')`

    await migrate(url)

    const rows = await client`select from_state, to_state from life`
    const pairs = rows.map((row) => `${row['from_state']} ${row['to_state']}`)
    const legal = new Set(legalPairs().map((pair) => pair.join(' ')))
    expect(pairs.toSorted()).toEqual([...legal].toSorted())
  })

  it('follow each other in time: the migrator skips one that is older than the last applied', async () => {
    const { entries } = await readJournal()

    const times = entries.map((entry) => entry.when)
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b))
    const files = (await readdir(join(ROOT, 'migrations'))).filter((file) => file.endsWith('.sql'))
    expect(files.toSorted()).toEqual(entries.map((entry) => `${entry.tag}.sql`))
  })

  it('say everything that the schema says', async () => {
    // `drizzle-kit check` does not see drift, and `generate` ends with 0 even when it fails: what counts is its word.
    const copy = await mkdtemp(join(tmpdir(), 'ferry-drift-'))
    try {
      for (const name of ['core', 'node_modules']) await symlink(join(ROOT, name), join(copy, name))
      for (const name of ['drizzle.config.ts', 'migrations', 'package.json']) {
        await cp(join(ROOT, name), join(copy, name), { recursive: true })
      }
      const kit = join(copy, 'node_modules', 'drizzle-kit', 'bin.cjs')
      const { stdout } = await promisify(execFile)(process.execPath, [kit, 'generate'], { cwd: copy })

      expect(stdout).toContain('No schema changes')
      expect(await readdir(join(copy, 'migrations'))).toEqual(await readdir(join(ROOT, 'migrations')))
    } finally {
      await rm(copy, { recursive: true, force: true })
    }
  })
})
