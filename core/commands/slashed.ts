import { catalogue } from './catalogue.ts'

/** The first words of all commands. */
const FIRST_WORDS: ReadonlySet<string> = new Set(catalogue.map(({ name }) => name.split(' ')[0] ?? name))

/** `status web-01` in backticks is what a terminal takes; in Slack and at GitHub it is typed as `/ferry status web-01`. */
export function slashed(text: string): string {
  return text.replace(/`([a-z]+)((?: [^`\n]*)?)`/g, (whole, first: string, rest: string) =>
    FIRST_WORDS.has(first) ? `\`/ferry ${first}${rest}\`` : whole,
  )
}
