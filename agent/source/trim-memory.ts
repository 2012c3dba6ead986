/**
 * Gives memory back that was used once and lies free in malloc's pools: starting a program unpacks and compiles far
 * more than it keeps. glibc returns it only when asked; where it cannot be asked, it stays.
 */
import { libc } from '../protocol/libc.ts'

const trim = await libc<(keep: number) => number>('int malloc_trim(size_t)', 'free memory is not given back')

/** Takes a millisecond or two, for all threads of the program. Repeatable. */
export function trimMemory(): void {
  trim?.(0)
}
