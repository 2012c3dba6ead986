import { catalogue } from '../../../core/commands/catalogue.ts'
import { escape, slashed } from './text.ts'

const FIRST_WORDS: ReadonlySet<string> = new Set(catalogue.map(({ name }) => name.split(' ')[0] ?? name))

/** Escaped, and with Ferry's commands as Slack takes them. */
export const words = (text: string): string => slashed(escape(text), FIRST_WORDS)
