/** Work that goes on after Slack has been answered: once for each request, and awaited when the bot stops. */
import type { App } from '../../core/app/assemble.ts'
import { isSlacks } from './web.ts'

export interface Once {
  /** Carries `work` out unless a request of this id has come before, here or at another replica. Never throws. */
  begin(id: string | undefined, work: () => Promise<unknown>): void
  /** Resolves when all that has begun has ended. */
  settled(): Promise<void>
}

/** Longer than Slack repeats anything: after a minute, five, and then no more. */
const KNOWN_FOR_MS = 30 * 60_000

export function createOnce({ firstSeen, log }: Pick<App, 'firstSeen' | 'log'>): Once {
  const running = new Set<Promise<void>>()
  const run = async (id: string | undefined, work: () => Promise<unknown>): Promise<void> => {
    try {
      // A database that does not answer now may answer the command itself, or say so in words.
      const isFirst = id === undefined || (await firstSeen(`slack:${id}`, KNOWN_FOR_MS).catch(() => true))
      if (isFirst) await work()
    } catch (error) {
      // Slack may stay away; that a request is not answered then is nobody's bug.
      if (isSlacks(error)) log.warn('slack could not be answered', { error })
      else log.error('a request of slack failed unexpectedly', { error })
    }
  }
  return {
    begin: (id, work) => {
      const done = run(id, work).finally(() => running.delete(done))
      running.add(done)
    },
    settled: async () => {
      while (running.size > 0) await Promise.all(running)
    },
  }
}
