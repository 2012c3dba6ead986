/** Tells the demo as a story: when, who, what was asked, what was answered. */
import type { TerminalLine } from './picture.ts'

const start = performance.now()
const isPlain = !process.stdout.isTTY || process.env['NO_COLOR'] !== undefined
const told: TerminalLine[] = []

/** Colours of the terminal, by what they mean. */
const COLOURS = { faint: 2, strong: 1, typed: 36, done: 32, going: 33, refused: 31, plain: 0 } as const

/** One line of the terminal, in pieces that each have a colour. */
function write(...pieces: TerminalLine): void {
  told.push(pieces)
  const text = pieces.map(([colour, words]) =>
    isPlain || colour === 'plain' ? words : `\u001b[${COLOURS[colour]}m${words}\u001b[0m`,
  )
  process.stdout.write(`${text.join('')}\n`)
}

function line(who: string, ...pieces: TerminalLine): void {
  const seconds = Math.floor(elapsed())
  const clock = `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
  write(['faint', clock], ['plain', `  ${who.padEnd(6)} `], ...pieces)
}

/** A new act of the story. */
export function act(title: string): void {
  write(['plain', ''])
  write(['strong', title])
}

/** What a person types. */
export function asks(person: string, text: string): void {
  line(person, ['plain', '▸ '], ['typed', text])
}

/** What Ferry answers, with the facts that matter here. */
export function answers(
  outcome: 'done' | 'accepted' | 'refused',
  title: string,
  facts: Record<string, string> = {},
): void {
  const mark = { done: ['done', '✓'], accepted: ['going', '…'], refused: ['refused', '✗'] } as const
  line('ferry', mark[outcome], ['plain', ` ${title}`])
  for (const [name, value] of Object.entries(facts)) detail(`${name}: ${value}`)
}

/** What happens without being asked. */
export function happens(text: string): void {
  line('', ['plain', text])
}

export function detail(text: string): void {
  write(['plain', ' '.repeat(16)], ['faint', text])
}

/** Seconds since the demo began. */
export function elapsed(): number {
  return (performance.now() - start) / 1000
}

/** All lines so far, for the picture. */
export function transcript(): readonly TerminalLine[] {
  return told
}
