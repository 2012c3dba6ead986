/**
 * From what people type to an invocation: `complete web-01 --last-sync` → the command's name and its raw values.
 * The same grammar in every door: arguments in order, as `key=value`, or as `--key value`; quotes keep words together.
 */
import { quoted } from './args.ts'
import type { Command } from './define.ts'
import { nearest } from './nearest.ts'
import { Refusal } from './reply.ts'
import { usageLine } from './usage.ts'

export interface Invocation {
  readonly command: string
  readonly raw: Readonly<Record<string, string>>
}

/** The line that `readInvocation` reads as this very invocation: what a person can type to ask the same again. */
export function lineOf({ command, raw }: Invocation): string {
  const words = Object.entries(raw).map(([key, value]) =>
    value === 'true' ? `--${key}` : `${key}=${quotedWord(value)}`,
  )
  return [command, ...words].join(' ')
}

/** Whether two invocations ask the same: a flag that is not set may be left out or said to be false. */
export function invocationsMatch(one: Invocation, other: Invocation): boolean {
  const given = ({ command, raw }: Invocation): string =>
    JSON.stringify([
      command,
      Object.entries(raw)
        .map(([key, value]) => [key, TRUE.includes(value) ? 'true' : value] as const)
        .filter(([, value]) => !FALSE.includes(value))
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ])
  return given(one) === given(other)
}

/** How flags are said (`flag` in args.ts). */
const TRUE: readonly string[] = ['true', 'yes', 'on']
const FALSE: readonly string[] = ['false', 'no', 'off', '']

function quotedWord(value: string): string {
  if (/^[^\s'"]+$/.test(value)) return value
  return value.includes("'") ? `"${value}"` : `'${value}'`
}

/** The longest text that is read at all; a longer one is a paste by mistake. */
const MOST_CHARACTERS = 4000

/** Reads one line of text. Throws `Refusal` with what is wrong and what to type instead. */
export function readInvocation(text: string, catalogue: readonly Command[]): Invocation {
  if (text.length > MOST_CHARACTERS)
    throw new Refusal(
      'not-understood',
      `That is ${text.length} characters; a command has at most ${MOST_CHARACTERS}.`,
    )
  const words = splitWords(text.trim())
  return fromWords(words.length === 0 ? ['help'] : words, catalogue)
}

/** The same for words that a shell has split already. */
export function fromWords(words: readonly string[], catalogue: readonly Command[]): Invocation {
  const command = findCommand(words, catalogue)
  return { command: command.name, raw: readArguments(command, words.slice(command.name.split(' ').length)) }
}

function findCommand(words: readonly string[], catalogue: readonly Command[]): Command {
  const [first = '', second = ''] = words
  const found =
    catalogue.find((command) => command.name === `${first} ${second}`) ??
    catalogue.find((command) => command.name === first.toLowerCase())
  if (found !== undefined) return found
  const guess = nearest(
    first.toLowerCase(),
    catalogue.map((command) => command.name),
  )
  throw new Refusal(
    'not-understood',
    `There is no command ${quoted(first)}.${guess === undefined ? '' : ` Did you mean ${guess}?`} \`help\` lists all.`,
  )
}

function readArguments(command: Command, words: readonly string[]): Record<string, string> {
  const raw: Record<string, string> = {}
  const places = Object.keys(command.args).filter((key) => command.args[key]?.positional)
  const give = (key: string, value: string): void => {
    const arg = command.args[key]
    if (arg === undefined) {
      const guess = nearest(key, Object.keys(command.args))
      throw new Refusal(
        'bad-argument',
        `${command.name} takes no ${quoted(key)}.${guess === undefined ? '' : ` Did you mean ${guess}?`} Usage: ${usageLine(command)}`,
      )
    }
    if (raw[key] !== undefined)
      throw new Refusal('bad-argument', `${key} is given twice. Usage: ${usageLine(command)}`)
    raw[key] = value
  }
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    const option = /^--([a-z][a-z-]*)(?:=([\s\S]*))?$/.exec(word)
    const pair = /^([a-z][a-z-]*)=([\s\S]*)$/.exec(word)
    if (option?.[1] !== undefined) {
      const isFlag = command.args[option[1]]?.shape === ''
      if (option[2] !== undefined) give(option[1], option[2])
      else if (isFlag) give(option[1], 'true')
      else {
        const value = words[++at]
        if (value === undefined && command.args[option[1]] !== undefined)
          throw new Refusal('missing-argument', `--${option[1]} needs a value. Usage: ${usageLine(command)}`)
        give(option[1], value ?? '')
      }
    } else if (pair?.[1] !== undefined) {
      give(pair[1], pair[2] ?? '')
    } else if (command.args[word]?.shape === '') {
      give(word, 'true')
    } else {
      const place = places.find((key) => raw[key] === undefined)
      const last = places.at(-1)
      if (place === undefined && last !== undefined && command.args[last]?.many === true)
        raw[last] += `,${word}`
      else if (place === undefined)
        throw new Refusal(
          'bad-argument',
          `${quoted(word)} is one word too many. Usage: ${usageLine(command)}`,
        )
      else give(place, word)
    }
  }
  return raw
}

/** Splits at white space; '…' and "…" keep words together. An open quote is refused, not guessed. */
function splitWords(text: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (const character of text) {
    if (quote !== undefined) {
      if (character === quote) quote = undefined
      else word = (word ?? '') + character
    } else if (character === "'" || character === '"') {
      quote = character
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (quote !== undefined)
    throw new Refusal(
      'not-understood',
      `A quote ${quote} is opened but not closed. Example: deny 17 reason='not tonight'`,
    )
  if (word !== undefined) words.push(word)
  return words
}
