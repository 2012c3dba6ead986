import postgres from 'postgres'
import { connectionOptions } from './connect.ts'

/** `work` for the engine; `orders` with the id of the source whose agent should ask. */
type Channel = 'work' | 'orders'

/** Wake-ups from the database. What is lost here costs one polling period, never the work itself. */
export interface Bell {
  /** Resolves when it rings, at once if it rang since the last wait ended, or after `ms`; never rejects. */
  wait(channel: Channel, subject: string, ms: number, signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

const RECONNECT_MS = 1000

/**
 * Listens on a connection of its own, and on a new one whenever that is lost. The driver's own `listen` subscribes
 * again once, at once, and gives up for good if the database is not back by then.
 */
export function hangBell(url: string): Bell {
  const waiting = new Map<string, Set<() => void>>()
  const rung = new Set<string>()
  let closed = false
  let client: postgres.Sql | undefined
  let retry: NodeJS.Timeout | undefined

  const ring = (key: string) => {
    const wakers = waiting.get(key)
    // Nobody waits at this moment, but somebody may be about to, having just looked and found nothing.
    if (wakers === undefined) rung.add(key)
    else for (const wake of wakers) wake()
  }
  const subscribe = async () => {
    const options = {
      ...connectionOptions('ferry listen'),
      ...{ max: 1, idle_timeout: 0, max_lifetime: null },
      onnotify: (channel: string, subject: string) =>
        ring(keyOf(channel === 'ferry_work' ? 'work' : 'orders', subject)),
      onclose: () => lost(mine),
    }
    const mine: postgres.Sql = postgres(url, options)
    client = mine
    try {
      await mine.unsafe('listen ferry_work; listen ferry_orders')
      // Whatever happened while nobody listened: everybody looks once.
      for (const key of waiting.keys()) ring(key)
    } catch {
      lost(mine)
    }
  }
  const lost = (one: postgres.Sql) => {
    if (closed || one !== client) return
    client = undefined
    // Given up: nothing waits for its end, and how it ends changes nothing.
    one.end({ timeout: 0 }).catch(() => undefined)
    retry = setTimeout(() => void subscribe(), RECONNECT_MS).unref()
  }
  void subscribe()

  return {
    wait(channel, subject, ms, signal) {
      const key = keyOf(channel, subject)
      if (rung.delete(key) || signal?.aborted === true) return Promise.resolve()
      return new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', wake)
          const wakers = waiting.get(key)
          wakers?.delete(wake)
          if (wakers?.size === 0) waiting.delete(key)
          resolve()
        }
        const timer = setTimeout(wake, ms)
        signal?.addEventListener('abort', wake)
        waiting.set(key, (waiting.get(key) ?? new Set()).add(wake))
      })
    },
    async close() {
      closed = true
      clearTimeout(retry)
      for (const key of [...waiting.keys()]) ring(key)
      await client?.end({ timeout: 5 })
    },
  }
}

const keyOf = (channel: Channel, subject: string) => `${channel} ${subject}`
