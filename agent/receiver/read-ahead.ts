/**
 * Has the kernel read parts of a disk while something else is done: reading them then waits for the slowest, not for
 * one after the other. Node has no `posix_fadvise(2)`, so libc's own is called; where that cannot be had, nothing is
 * read ahead, which is slower and never different.
 */
import { libc } from '../protocol/libc.ts'

const WILLNEED = 3

type Advise = (fd: number, offset: number, bytes: number, advice: number) => number

let asked: Promise<Advise | undefined> | undefined

/** Begins to read these many bytes at each offset into the page cache, where they are not there already. */
export async function readAhead(fd: number, offsets: Iterable<number>, bytes: number): Promise<void> {
  // Loaded at the first use: most syncs need it for nothing.
  const advise = await (asked ??= libc(
    'int posix_fadvise(int, int64_t, int64_t, int)',
    'nothing is read ahead',
  ))
  if (advise !== undefined) for (const offset of offsets) advise(fd, offset, bytes, WILLNEED)
}
