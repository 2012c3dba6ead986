/** Tells the demo as a story: when, who, what was asked, what was answered. */
const start = performance.now()
const isPlain = !process.stdout.isTTY || process.env['NO_COLOR'] !== undefined
const paint = (code: number, text: string): string => (isPlain ? text : `\u001b[${code}m${text}\u001b[0m`)

function line(who: string, text: string): void {
  const seconds = Math.floor((performance.now() - start) / 1000)
  const clock = `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
  process.stdout.write(`${paint(2, clock)}  ${who.padEnd(6)} ${text}\n`)
}

/** A new act of the story. */
export function act(title: string): void {
  process.stdout.write(`\n${paint(1, title)}\n`)
}

/** What a person types. */
export function asks(person: string, text: string): void {
  line(person, `▸ ${paint(36, text)}`)
}

/** What Ferry answers, with the facts that matter here. */
export function answers(
  outcome: 'done' | 'accepted' | 'refused',
  title: string,
  facts: Record<string, string> = {},
): void {
  const mark = { done: paint(32, '✓'), accepted: paint(33, '…'), refused: paint(31, '✗') }[outcome]
  line('ferry', `${mark} ${title}`)
  for (const [name, value] of Object.entries(facts)) detail(`${name}: ${value}`)
}

/** What happens without being asked. */
export function happens(text: string): void {
  line('', text)
}

export function detail(text: string): void {
  process.stdout.write(`${' '.repeat(16)}${paint(2, text)}\n`)
}

/** Seconds since the demo began. */
export function elapsed(): number {
  return (performance.now() - start) / 1000
}
