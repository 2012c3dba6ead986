import { LogLevel } from '@slack/bolt'
import type { Logger } from '@slack/bolt'
import type { App } from '../../core/app/assemble.ts'

/** Bolt's log as lines of ours, so that they are scrubbed too; its chatter is left out. */
export function boltLogger(log: App['log']): Logger {
  const words = (parts: unknown[]): string => parts.map(String).join(' ')
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: (...parts: unknown[]) => log.warn('slack', { words: words(parts) }),
    error: (...parts: unknown[]) => log.error('slack', { words: words(parts) }),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  }
}
