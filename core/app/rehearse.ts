/** A store in which nothing happens: what a dry run is carried out on. */
import type { Store } from '../ports/store.ts'
import { isWrite } from './failpoints.ts'

/** Thrown where a command would have written: all its checks have passed. `call`: `jobs.change`. */
export class WouldWrite extends Error {
  override name = 'WouldWrite'
  readonly call: string

  constructor(call: string) {
    super(`a dry run would call ${call}`)
    this.call = call
  }
}

/**
 * The same store with the first write refused: it throws `WouldWrite`, after which nothing more happens. Reads are
 * real. What only notes down that somebody was refused is passed over.
 */
export function rehearsing(store: Store): Store {
  return areaOf(store, 'store')
}

function areaOf<T extends object>(target: T, area: string): T {
  return new Proxy(target, {
    get: (object, key) => {
      const value: unknown = Reflect.get(object, key)
      if (typeof key !== 'string') return value
      if (typeof value === 'object' && value !== null) return areaOf(value, key)
      if (typeof value !== 'function') return value
      if (area === 'audit' && key === 'add') return async () => undefined
      if (isWrite(area, key))
        return async () => {
          throw new WouldWrite(`${area}.${key}`)
        }
      return (...args: unknown[]): unknown => (value as (...all: unknown[]) => unknown).apply(object, args)
    },
  })
}
