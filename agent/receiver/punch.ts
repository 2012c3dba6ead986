/**
 * Makes a range of a disk read as zeros without writing them: `fallocate(2)` punches a hole into a raw file and zeroes
 * a block device in the cheapest way that it has. Node has no such call, so libc's own is called; where that cannot be
 * had, or the disk does not know it, the caller writes zeros.
 */
import { log, wordsOf } from '../protocol/log.ts'

/** FALLOC_FL_PUNCH_HOLE, which goes with FALLOC_FL_KEEP_SIZE. */
const PUNCH_HOLE = 3

type Fallocate = (fd: number, mode: number, offset: number, bytes: number) => number

let asked: Promise<Fallocate | undefined> | undefined

/** Loaded at the first use: most syncs send no zeros at all. */
function fallocate(): Promise<Fallocate | undefined> {
  return (asked ??= import('koffi').then(
    ({ default: koffi }) =>
      koffi.load('libc.so.6').func('int fallocate(int, int, int64_t, int64_t)') as Fallocate,
    (problem: unknown) => {
      log('info', 'zeros are written, no holes are made', { because: wordsOf(problem) })
      return undefined
    },
  ))
}

/** Whether the range reads as zeros now. Durable with the next fdatasync, like a write. Repeatable. */
export async function punch(fd: number, offset: number, bytes: number): Promise<boolean> {
  const call = await fallocate()
  return call !== undefined && call(fd, PUNCH_HOLE, offset, bytes) === 0
}
