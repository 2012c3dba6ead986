/**
 * What the freezer notes before it freezes, and removes when it has thawed: places of file systems, in a file named for
 * its process. Whoever finds one of a process that is gone thaws them: agent and freezer were killed in the same moment.
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { log, wordsOf } from '../../protocol/log.ts'
import { fileSystemCalls } from './ioctl.ts'

const NAME = /^frozen-(\d+)$/

const noteOf = (directory: string, pid: number): string => join(directory, `frozen-${pid}`)

/** For this process. Nothing may be frozen yet: the note may lie on a file system that will be. */
export function noteFreezing(directory: string, paths: readonly string[]): void {
  writeFileSync(noteOf(directory, process.pid), JSON.stringify(paths), { mode: 0o600 })
}

/** Of this process, or of another that has been thawed for. Repeatable. */
export function forgetFreezing(directory: string, pid = process.pid): void {
  rmSync(noteOf(directory, pid), { force: true })
}

/** Thaws these places. Repeatable; one that is not frozen, or not there, stays as it is. */
export async function thawAll(paths: readonly string[]): Promise<void> {
  const calls = await fileSystemCalls()
  for (const path of paths) {
    try {
      const fd = openSync(path, 'r')
      await calls.thaw(fd, path)
      closeSync(fd)
    } catch (problem) {
      log('error', 'a file system may have stayed frozen', { path, because: wordsOf(problem) })
    }
  }
}

/** Thaws what freezers that are gone have noted in a directory and left frozen. Repeatable. */
export async function thawLeftBehind(directory: string): Promise<void> {
  if (!existsSync(directory)) return
  for (const name of readdirSync(directory)) {
    const pid = NAME.exec(name)?.[1]
    if (pid === undefined || isFreezer(pid)) continue
    const paths = placesIn(join(directory, name))
    log('warn', 'an agent was killed while it held writes: they go on', { paths })
    await thawAll(paths)
    rmSync(join(directory, name), { force: true })
  }
}

/** One that lives thaws by itself, when its time is up at the latest. */
function isFreezer(pid: string): boolean {
  const path = `/proc/${pid}/cmdline`
  try {
    return readFileSync(path, 'utf8').includes('--freezer')
  } catch {
    return false
  }
}

function placesIn(note: string): readonly string[] {
  try {
    const paths: unknown = JSON.parse(readFileSync(note, 'utf8'))
    return Array.isArray(paths) ? paths.filter((path) => typeof path === 'string') : []
  } catch {
    // Killed while it wrote the note: before it froze anything.
    return []
  }
}
