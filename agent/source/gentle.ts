/**
 * `--gentle`: a server that has other things to do is migrated more slowly. The agent then has the lowest priority for
 * processor and disk, works with one thread, and rests between reads.
 */
import { availableParallelism, constants, loadavg, setPriority } from 'node:os'
import { log, wordsOf } from '../protocol/log.ts'

/** `ioprio_set(2)` has no name in libc: its number, by architecture as Node names it. */
const IOPRIO_SET: Readonly<Record<string, number>> = { x64: 251, arm64: 30 }
const WHO_PROCESS = 1
/** The class that is served when nobody else wants the disk. */
const IDLE = 3 << 13

/** Lowers the priority of this thread and of all that it starts from now on. Where it may not, it goes on as it is. */
export async function lowerPriority(): Promise<void> {
  try {
    setPriority(0, constants.priority.PRIORITY_LOW)
    const number = IOPRIO_SET[process.arch]
    if (number === undefined) throw new Error(`no I/O priority is known for ${process.arch}`)
    const { default: koffi } = await import('koffi')
    const syscall = koffi.load('libc.so.6').func('long syscall(long, int, int, int)') as (
      number: number,
      which: number,
      who: number,
      priority: number,
    ) => number
    if (syscall(number, WHO_PROCESS, 0, IDLE) !== 0) throw new Error(`ioprio_set: errno ${koffi.errno()}`)
    log('info', 'gentle: the lowest priority for processor and disk')
  } catch (problem) {
    log('warn', 'gentle: the priority could not be lowered', { because: wordsOf(problem) })
  }
}

/** The load that is not ours, by core. */
export const othersLoad = (): number => Math.max(0, (loadavg()[0] ?? 0) - 1) / availableParallelism()

/**
 * How long to rest after a piece of work, in milliseconds: as long as it took, so that at most half of the disk is
 * ours; three times as long while others keep the processors busy (`load`, by core, is 1 or more).
 */
export const restMs = (workMs: number, load: number): number => workMs * (load >= 1 ? 3 : 1)
