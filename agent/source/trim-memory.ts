/**
 * Gives memory back that was used once and lies free in malloc's pools: starting a program unpacks and compiles far
 * more than it keeps. glibc returns it only when asked; where it cannot be asked, it stays.
 */
import { log, wordsOf } from '../protocol/log.ts'

async function native(): Promise<(() => void) | undefined> {
  try {
    const { default: koffi } = await import('koffi')
    const trim = koffi.load('libc.so.6').func('int malloc_trim(size_t)') as (keep: number) => number
    return () => void trim(0)
  } catch (problem) {
    log('info', 'free memory is not given back', { because: wordsOf(problem) })
    return undefined
  }
}

const loaded = await native()

/** Takes a millisecond or two, for all threads of the program. Repeatable. */
export const trimMemory: () => void = loaded ?? (() => undefined)
