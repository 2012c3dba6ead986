import bolt from '@slack/bolt'
import type { Logger } from '@slack/bolt'
import type { Log } from '../../core/app/log.ts'

/** Bolt's log as lines of ours, so that they are scrubbed too; its chatter is debug. */
export function boltLogger(log: Log): Logger {
  const words = (parts: unknown[]): string => parts.map(String).join(' ')
  return {
    debug: () => undefined,
    info: (...parts: unknown[]) => log.debug({ from: 'bolt' }, words(parts)),
    warn: (...parts: unknown[]) => log.warn({ from: 'bolt' }, words(parts)),
    error: (...parts: unknown[]) => log.error({ from: 'bolt' }, words(parts)),
    setLevel: () => undefined,
    getLevel: () => bolt.LogLevel.INFO,
    setName: () => undefined,
  }
}
