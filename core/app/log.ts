import type { DestinationStream, Logger } from 'pino'
import { pino } from 'pino'
import { scrubber } from './scrub.ts'

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

/**
 * The log: one JSON line per event. Every finished line is scrubbed, so that a secret inside an error's message, a
 * cause or a stack is caught too, which redaction by path would miss.
 */
export function createLog(
  options: { readonly level: string; readonly secrets: readonly string[] },
  destination?: DestinationStream,
): Log {
  const scrub = scrubber(options.secrets)
  const settings = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    hooks: { streamWrite: scrub },
  }
  return destination === undefined ? pino(settings) : pino(settings, destination)
}
