import type { Probot } from 'probot'
import type { App } from '../../core/app/assemble.ts'

type ProbotLog = NonNullable<NonNullable<ConstructorParameters<typeof Probot>[0]>['log']>

/** Probot's log as lines of ours: its message alone, as what it adds holds whole payloads. */
export function probotLog(log: App['log']): ProbotLog {
  const words = (parts: readonly unknown[]): string =>
    parts
      .map((part) => (part instanceof Error ? part.message : typeof part === 'string' ? part : ''))
      .filter((part) => part !== '')
      .join(' ')
  const none = (): void => undefined
  const made = {
    level: 'warn',
    silent: none,
    trace: none,
    debug: none,
    info: none,
    warn: (...parts: unknown[]) => log.warn('github', { words: words(parts) }),
    error: (...parts: unknown[]) => log.error('github', { words: words(parts) }),
    fatal: (...parts: unknown[]) => log.error('github', { words: words(parts) }),
    child: () => made,
  }
  return made as unknown as ProbotLog
}
