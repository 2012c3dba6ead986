import type { DestinationStream } from 'pino'
import { pino } from 'pino'
import type { Log } from '../ports/log.ts'
import { scrubber } from './scrub.ts'

/**
 * The log: one JSON line per event. Every finished line is scrubbed, so that a secret inside an error's message, a
 * cause or a stack is caught too, which redaction by path would miss.
 */
export function createLog(
  options: { readonly level: string; readonly secrets: readonly string[] },
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Log {
  const lines = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { error: pino.stdSerializers.errWithCause },
      hooks: { streamWrite: scrubber(options.secrets) },
    },
    destination,
  )
  return {
    info: (message, facts = {}) => lines.info(facts, message),
    warn: (message, facts = {}) => lines.warn(facts, message),
    error: (message, facts = {}) => lines.error(facts, message),
  }
}
