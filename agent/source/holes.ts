/**
 * Where a raw file holds nothing: the file system knows its holes, and what it knows need not be read. Node has no
 * `lseek`, so libc's own is called; where that cannot be had, everything is read, which is slower and never different.
 */
import { log, wordsOf } from '../protocol/log.ts'

/** `lseek(2)`: the next offset at or behind this one that is not in a hole. */
const SEEK_DATA = 3
/** `errno(3)`: nothing but a hole follows. */
const ENXIO = 6

type NextData = (fd: number, offset: number, sizeBytes: number) => number

async function native(): Promise<NextData | undefined> {
  try {
    const { default: koffi } = await import('koffi')
    const lseek = koffi.load('libc.so.6').func('int64_t lseek(int, int64_t, int)') as (
      fd: number,
      offset: number,
      whence: number,
    ) => number | bigint
    return (fd, offset, sizeBytes) => {
      const at = Number(lseek(fd, offset, SEEK_DATA))
      if (at >= 0) return Math.min(at, sizeBytes)
      // A file system that has no such call says EINVAL: then there is no hole that is known of.
      return koffi.errno() === ENXIO ? sizeBytes : offset
    }
  } catch (problem) {
    log('info', 'holes of files are read like data', { because: wordsOf(problem) })
    return undefined
  }
}

const loaded = await native()

/**
 * The first byte at or behind `offset` that may hold data, `sizeBytes` when none does. Moves the position of `fd`,
 * which nothing here reads by.
 */
export const nextData: NextData = loaded ?? ((_fd, offset) => offset)
