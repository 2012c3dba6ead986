/** Functions of libc that Node has no call for (decision 15). */
import { log, wordsOf } from './log.ts'

/**
 * The function with this C signature. Undefined where it cannot be had; `without` then says in the log what follows
 * from that. Loads native code: asked for at the first use where most runs do without.
 */
export async function libc<T>(signature: string, without: string): Promise<T | undefined> {
  try {
    const { default: koffi } = await import('koffi')
    return koffi.load('libc.so.6').func(signature) as T
  } catch (problem) {
    log('info', without, { because: wordsOf(problem) })
    return undefined
  }
}
