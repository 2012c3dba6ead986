import type { Cloud } from '../ports/cloud.ts'
import { LeaseLost } from './work.ts'

/**
 * The cloud for who holds a lease. It cannot know our epochs, so the caller looks at its own clock before every call:
 * a process that stood still for longer than its lease, and goes on without having noticed, restarts or deletes
 * nothing under whoever has taken over. `isHeld`: whether the lease was renewed lately enough.
 */
export function heldCloud(cloud: Cloud, isHeld: () => boolean): Cloud {
  return new Proxy(cloud, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]): Promise<unknown> => {
        if (!isHeld()) throw new LeaseLost('the lease has run out')
        return Reflect.apply(value, target, args) as unknown
      }
    },
  })
}
