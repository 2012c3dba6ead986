import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, markOf } from '../../sandbox/ecs/proc.ts'

type Mark = NonNullable<ReturnType<typeof markOf>>

/** One bot per state directory: `bot.json` says which process it is and where it listens. */
export interface Claim {
  /** Tells the CLI where to find this bot. */
  announce(url: string): Promise<void>
  release(): Promise<void>
}

/** Another bot runs on the same state directory. */
class RunsAlready extends Error {
  override name = 'RunsAlready'
}

/** Takes the state directory, also one whose bot was killed. Throws `RunsAlready` while another bot lives on it. */
export async function claimStateDirectory(directory: string): Promise<Claim> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, 'bot.json')
  const mark = markOf(process.pid)
  // Writing is atomic and exclusive: of two that start at once, one gets the file.
  for (let tries = 0; ; tries++) {
    try {
      await writeFile(path, JSON.stringify({ mark }), { flag: 'wx', mode: 0o600 })
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries === 3) throw error
      const holder = await readHolder(path)
      if (holder?.mark !== undefined && isAlive(holder.mark))
        throw new RunsAlready(
          `Ferry runs already on ${directory}: process ${holder.mark.pid}${holder.url === undefined ? '' : `, ${holder.url}`}. Stop that one first, or name another directory in FERRY_STATE_DIR.`,
        )
      await rm(path, { force: true })
    }
  }
  return {
    announce: async (url) => {
      await writeFile(`${path}.new`, JSON.stringify({ mark, url }), { mode: 0o600 })
      await rename(`${path}.new`, path)
    },
    release: () => rm(path, { force: true }),
  }
}

async function readHolder(path: string): Promise<{ mark?: Mark; url?: string } | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as { mark?: Mark; url?: string }
  } catch {
    // Gone, or half written by a process that died over it: nobody holds it.
    return undefined
  }
}
