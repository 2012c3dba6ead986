/**
 * Makes a range of a disk read as zeros without writing them: `fallocate(2)` punches a hole into a raw file and zeroes
 * a block device in the cheapest way that it has. Node has no such call, so libc's own is called; where that cannot be
 * had, or the disk does not know it, the caller writes zeros.
 */
import { libc } from '../protocol/libc.ts'

/** FALLOC_FL_PUNCH_HOLE, which goes with FALLOC_FL_KEEP_SIZE. */
const PUNCH_HOLE = 3

type Fallocate = (fd: number, mode: number, offset: number, bytes: number) => number

let asked: Promise<Fallocate | undefined> | undefined

/** Whether the range reads as zeros now. Durable with the next fdatasync, like a write. Repeatable. */
export async function punch(fd: number, offset: number, bytes: number): Promise<boolean> {
  // Loaded at the first use: most syncs send no zeros at all.
  const call = await (asked ??= libc(
    'int fallocate(int, int, int64_t, int64_t)',
    'zeros are written, no holes are made',
  ))
  return call !== undefined && call(fd, PUNCH_HOLE, offset, bytes) === 0
}
