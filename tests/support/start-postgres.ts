import { startEmbeddedPostgres } from '../../core/adapters/postgres/embedded.ts'

/**
 * A process of its own that starts the database in the directory of its argument, says so and lives until it is
 * killed. `die-with-parent` as second argument ties the database to it.
 */
const [directory = '', tie] = process.argv.slice(2)
const server = await startEmbeddedPostgres({
  directory,
  settings: { fsync: 'off' },
  dieWithParent: tie === 'die-with-parent',
})
process.stdout.write(`${JSON.stringify(server)}\n`)
setInterval(() => undefined, 60_000)
