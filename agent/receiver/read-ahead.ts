/**
 * Has the kernel read parts of a disk while something else is done: reading them then waits for the slowest, not for
 * one after the other. Node has no `posix_fadvise(2)`, so libc's own is called; where that cannot be had, nothing is
 * read ahead, which is slower and never different.
 */
import { log, wordsOf } from '../protocol/log.ts'

const WILLNEED = 3

type Advise = (fd: number, offset: number, bytes: number, advice: number) => number

async function native(): Promise<Advise | undefined> {
  try {
    const { default: koffi } = await import('koffi')
    return koffi.load('libc.so.6').func('int posix_fadvise(int, int64_t, int64_t, int)') as Advise
  } catch (problem) {
    log('info', 'nothing is read ahead', { because: wordsOf(problem) })
    return undefined
  }
}

let asked: Promise<Advise | undefined> | undefined

/** Begins to read these many bytes at each offset into the page cache, where they are not there already. */
export async function readAhead(fd: number, offsets: Iterable<number>, bytes: number): Promise<void> {
  // Loaded at the first use: most syncs need it for nothing.
  const advise = await (asked ??= native())
  if (advise !== undefined) for (const offset of offsets) advise(fd, offset, bytes, WILLNEED)
}
