/** Freezing, thawing and writing out a file system, copying a file at once: libc's calls, or the programs that make them where libc cannot be had. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findTool } from '../inspect/tools.ts'

const FIFREEZE = 0xc004_5877
const FITHAW = 0xc004_5878
const FICLONE = 0x4004_9409
const EBUSY = 16
const EINVAL = 22
const EOPNOTSUPP = 95

/** `busy`: another program has frozen it. `unable`: this kind of file system cannot be frozen. */
export type Froze = 'frozen' | 'busy' | 'unable' | { readonly failed: string }

/** The calls on an open directory of a file system; `path` is its own path. */
export interface FileSystemCalls {
  /** Returns when every write before it is on the disk, and every later one waits. May take as long as writing out does. */
  freeze(fd: number, path: string): Promise<Froze>
  /** Repeatable: what is not frozen stays as it is. */
  thaw(fd: number, path: string): Promise<void>
  /** Writes out all that is only in memory yet. */
  sync(fd: number, path: string): Promise<void>
  /** Makes an empty file a copy of another that shares its blocks. Throws Error where that cannot be. */
  clone(empty: number, file: number): Promise<void>
}

type Ioctl = (fd: number, request: number, argument: number) => number

async function native(): Promise<FileSystemCalls> {
  const { default: koffi } = await import('koffi')
  const libc = koffi.load('libc.so.6')
  const ioctl = libc.func('int ioctl(int, unsigned long, int)')
  const syncfs = libc.func('int syncfs(int)')
  const later = (call: typeof ioctl, ...args: number[]): Promise<number> =>
    new Promise((resolve, reject) => {
      const answered = (problem: unknown, result: number): void =>
        problem
          ? reject(new Error('a call of libc failed', { cause: problem }))
          : resolve(result === 0 ? 0 : koffi.errno())
      call.async(...args, answered)
    })
  return {
    freeze: async (fd) => frozeBy(await later(ioctl, fd, FIFREEZE, 0)),
    // At once, in this thread: nothing may stand in front of it.
    thaw: (fd) => Promise.resolve(void (ioctl as unknown as Ioctl)(fd, FITHAW, 0)),
    sync: async (fd) => void (await later(syncfs, fd)),
    clone: async (empty, file) => {
      const errno = await later(ioctl, empty, FICLONE, file)
      if (errno !== 0) throw new Error(`its file system makes no such copies: errno ${errno}`)
    },
  }
}

function frozeBy(errno: number): Froze {
  if (errno === 0) return 'frozen'
  if (errno === EBUSY) return 'busy'
  return errno === EOPNOTSUPP || errno === EINVAL ? 'unable' : { failed: `errno ${errno}` }
}

function programs(): FileSystemCalls {
  const run = promisify(execFile)
  const program = (name: string): string => {
    const path = findTool(name)
    if (path === undefined) throw new Error(`${name} is not installed`)
    return path
  }
  return {
    freeze: async (_, path) => {
      try {
        await run(program('fsfreeze'), ['--freeze', path])
        return 'frozen'
      } catch (problem) {
        const words = String(problem)
        if (/busy/i.test(words)) return 'busy'
        return /not supported/i.test(words) ? 'unable' : { failed: words.slice(0, 200) }
      }
    },
    thaw: async (_, path) =>
      void (await run(program('fsfreeze'), ['--unfreeze', path]).catch(() => undefined)),
    sync: async (_, path) => void (await run(program('sync'), ['--file-system', path])),
    clone: () => Promise.reject(new Error('libc cannot be called')),
  }
}

/** The calls of this machine. */
export const fileSystemCalls = (): Promise<FileSystemCalls> => native().catch(() => programs())
