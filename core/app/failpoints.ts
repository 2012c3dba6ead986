import type { Store } from '../ports/store.ts'
import type { Cloud } from '../ports/cloud.ts'

/** Called with the name of every place where a test may kill the bot. */
export type Failpoint = (name: `bot:${string}`) => void

/** Calls that change nothing need no failpoint. */
const READS =
  /^(is|by|list|named|open|current|running|work|wait|due|disk|disks|roots|key|verify|ping|close|instance|instances|snapshot|snapshots|image|images|inventory|assistant)([A-Z].*)?$/

/**
 * The same object, with a failpoint before and after every call that writes: `bot:jobs.change:before`,
 * `bot:cloud.createImage:after`. Killing the bot at each of them must lose nothing.
 */
export function withFailpoints<T extends Store | Cloud>(target: T, area: string, failpoint: Failpoint): T {
  return new Proxy(target, {
    get: (object, key) => {
      const value: unknown = Reflect.get(object, key)
      if (typeof key !== 'string') return value
      if (typeof value === 'object' && value !== null) return withFailpoints(value as T, key, failpoint)
      if (typeof value !== 'function') return value
      const call = value as (...args: unknown[]) => unknown
      const bound = (...args: unknown[]): unknown => call.apply(object, args)
      if (READS.test(key)) return bound
      return async (...args: unknown[]) => {
        failpoint(`bot:${area}.${key}:before`)
        const result = await bound(...args)
        failpoint(`bot:${area}.${key}:after`)
        return result
      }
    },
  })
}
