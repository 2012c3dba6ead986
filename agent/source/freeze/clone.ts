/**
 * A raw file as it is at one moment: a copy that shares its blocks, where the file system makes such copies (btrfs, XFS).
 * It has no name, so that nothing of it is left, whatever happens to the agent.
 */
import { closeSync, constants, fsyncSync, openSync, realpathSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { SourceDisk } from '../../protocol/control.ts'
import { log, wordsOf } from '../../protocol/log.ts'
import { fileSystemCalls } from './ioctl.ts'

/** `statfs(2)`: the kinds of file system that share blocks between files. */
const SHARING = [0x9123_683e, 0x5846_5342]
/** A file without a name, which Node has no constant for. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY

export interface Clone {
  /** Where it can be opened until it is closed, in this process. */
  readonly path: string
  /** Of what moment it is, ISO 8601, and for how many milliseconds writes to the file may have waited. */
  readonly at: string
  readonly heldMs: number
  readonly close: () => void
}

/** Undefined when its file system makes no such copies. Takes as long as writing out what is only in memory of it. */
export async function cloneOf(disk: SourceDisk): Promise<Clone | undefined> {
  // Else all that is only in memory of a large file would be written out for nothing.
  if (!SHARING.includes(statfsSync(disk.path).type)) return undefined
  const open: number[] = []
  const close = (): void => open.splice(0).forEach((fd) => closeSync(fd))
  try {
    const calls = await fileSystemCalls()
    const file = openSync(disk.path, 'r')
    open.push(file)
    const copy = openSync(dirname(realpathSync(disk.path)), O_TMPFILE | constants.O_RDWR, 0o600)
    open.push(copy)
    // Else it would be written out while writes wait.
    fsyncSync(file)
    const [at, begin] = [new Date().toISOString(), performance.now()]
    await calls.clone(copy, file)
    const heldMs = Math.ceil(performance.now() - begin)
    return { path: `/proc/self/fd/${copy}`, at, heldMs, close }
  } catch (problem) {
    close()
    log('info', 'a raw file cannot be copied at one moment', {
      disk: disk.index,
      because: wordsOf(problem),
    })
    return undefined
  }
}
