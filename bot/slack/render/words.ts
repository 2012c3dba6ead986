import { slashed } from '../../../core/commands/slashed.ts'
import { escape } from './text.ts'

/** Escaped, and with Ferry's commands as Slack takes them. */
export const words = (text: string): string => slashed(escape(text))
