/**
 * The kinds of argument a command may take. One definition serves the text reader, the Action's inputs, help, the
 * docs, and TypeScript, which infers the value's type from `parse`.
 */
import { INTERVAL_RANGE, parseDuration } from '../domain/duration.ts'
import { DEFAULT_IMAGE_NAME, imageNameProblem } from '../domain/image-name.ts'
import { parseRate } from '../domain/rate.ts'
import { Refusal } from './reply.ts'

export interface Arg<T> {
  readonly describe: string
  /** The shape of the value as usage lines show it: `1h..7d`, `on|off`; empty for a flag. */
  readonly shape: string
  readonly required: boolean
  /** Whether it may be given by its place, without its name. */
  readonly positional: boolean
  /** Whether it takes all words that are left: `web-01 web-02` is read as `web-01,web-02`. */
  readonly many?: true
  /** Text from a person or a workflow to a value; throws `Refusal` with what is wrong and an example. */
  readonly parse: (text: string) => T
}

export type ArgSet = Readonly<Record<string, Arg<unknown>>>
export type ArgValues<A extends ArgSet> = { readonly [K in keyof A]: A[K] extends Arg<infer T> ? T : never }

const bad = (sentence: string): Refusal => new Refusal('bad-argument', sentence)

/** Text as people typed it with what cannot be seen, or stored, made a question mark. */
export function visible(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g, '?')
      // Half of a surrogate pair, which is no character.
      .replace(/\p{Surrogate}/gu, '?')
  )
}

/** A value as people typed it, cut and made visible, for use in a sentence. */
export function quoted(text: string): string {
  return `"${visible(text.length > 40 ? `${text.slice(0, 40)}…` : text)}"`
}

const NAME = /^[a-z][a-z0-9-]{1,38}[a-z0-9]$/

/** The name of a source or job. */
export function name(describe: string): Arg<string> {
  return {
    describe,
    shape: 'name',
    required: true,
    positional: true,
    parse: (text) => {
      if (text === 'all') throw bad('"all" means all jobs, so it is no name of one; web-01 would do.')
      if (NAME.test(text)) return text
      throw bad(
        `${quoted(text)} is not a name: 3 to 40 of a-z, 0-9 and dash, a letter first and no dash last, such as web-01.`,
      )
    },
  }
}

/** The names of several jobs, each once, in the order in which they are given. */
export function names(describe: string, most: number): Arg<readonly string[]> {
  const one = name(describe)
  return {
    ...one,
    shape: 'names',
    many: true,
    parse: (text) => {
      const all = text
        .split(/[,\s]+/)
        .filter((word) => word !== '')
        .map((word) => one.parse(word))
      const twice = all.find((word, at) => all.indexOf(word) !== at)
      if (twice !== undefined) throw bad(`${twice} is named twice.`)
      if (all.length === 0) throw bad('Name at least one job, such as web-01.')
      if (all.length > most) throw bad(`These are ${all.length} jobs; ${most} at once are the most.`)
      return all
    },
  }
}

/** A duration within a range, in milliseconds. */
export function duration(
  describe: string,
  range: { readonly min: string; readonly max: string; readonly example?: string } = INTERVAL_RANGE,
): Arg<number> {
  const min = parseDuration(range.min) ?? 0
  const max = parseDuration(range.max) ?? 0
  return {
    describe,
    shape: `${range.min}..${range.max}`,
    required: true,
    positional: true,
    parse: (text) => {
      const ms = parseDuration(text)
      if (ms === undefined)
        throw bad(
          `${quoted(text)} is not a duration: one whole number and one of s, m, h, d, such as 90m, 6h or 7d.`,
        )
      if (ms < min || ms > max)
        throw bad(`${text} is outside ${range.min} to ${range.max}; ${range.example ?? '6h'} would do.`)
      return ms
    },
  }
}

/** The same, or `off`, which is null. */
export function orOff<T>(arg: Arg<T>): Arg<T | null> {
  return { ...arg, shape: `${arg.shape}|off`, parse: (text) => (text === 'off' ? null : arg.parse(text)) }
}

/** A bandwidth in bytes per second; `off` is null: no limit. */
export function rate(describe: string): Arg<number | null> {
  return {
    describe,
    shape: '<n>mbit|off',
    required: true,
    positional: true,
    parse: (text) => {
      if (text === 'off') return null
      const bytesPerSecond = parseRate(text)
      if (bytesPerSecond === undefined)
        throw bad(
          `${quoted(text)} is not a bandwidth: a whole number and kbit, mbit or gbit, such as 200mbit, not less than 64kbit, or off.`,
        )
      return bytesPerSecond
    },
  }
}

/** A whole number within a range. */
export function count(describe: string, min: number, max: number): Arg<number> {
  return {
    describe,
    shape: `${min}..${max}`,
    required: true,
    positional: true,
    parse: (text) => {
      const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN
      if (value >= min && value <= max) return value
      throw bad(
        `${quoted(text)} is not a whole number from ${min} to ${max}, such as ${Math.min(max, Math.max(min, 3))}.`,
      )
    },
  }
}

/** One of a few words. */
export function choice<const W extends string>(describe: string, words: readonly W[]): Arg<W> {
  return {
    describe,
    shape: words.join('|'),
    required: true,
    positional: true,
    parse: (text) => {
      const word = words.find((candidate) => candidate === text)
      if (word === undefined) throw bad(`${quoted(text)} is not one of ${words.join(', ')}.`)
      return word
    },
  }
}

/** Present or not: `last-sync`, `--last-sync`, `last-sync=true`. */
export function flag(describe: string): Arg<boolean> {
  return {
    describe,
    shape: '',
    required: false,
    positional: false,
    parse: (text) => {
      if (text === 'true' || text === 'yes' || text === 'on') return true
      if (text === 'false' || text === 'no' || text === 'off' || text === '') return false
      throw bad(`${quoted(text)} is neither true nor false.`)
    },
  }
}

/** A short text: a reason, a path. One line, no control characters. */
export function text(describe: string, most = 200): Arg<string> {
  return {
    describe,
    shape: 'text',
    required: true,
    positional: true,
    parse: (value) => {
      // Others read it where they decide: it may not turn the words around it, or look like lines of Ferry's own.
      // eslint-disable-next-line no-control-regex
      if (/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/u.test(value))
        throw bad('A text is one line without control characters.')
      if (value.length > most) throw bad(`The text has ${value.length} characters; ${most} are allowed.`)
      return value
    },
  }
}

/** The pattern of the names of a job's images; `job` in its own place is checked with the job's real name later. */
export function imageNamePattern(describe: string): Arg<string> {
  return {
    describe,
    shape: 'pattern',
    required: true,
    positional: true,
    parse: (value) => {
      const problem = imageNameProblem(value)
      if (problem === undefined) return value
      throw bad(`${quoted(value)} ${visible(problem)}. An example: ${DEFAULT_IMAGE_NAME}.`)
    },
  }
}

/** An id that the cloud gave: `i-bp1…`, `m-bp1…`. */
export function cloudId(describe: string): Arg<string> {
  return {
    describe,
    shape: 'id',
    required: true,
    positional: true,
    parse: (value) => {
      if (/^[a-z]{1,4}-[a-z0-9]{4,40}$/.test(value)) return value
      throw bad(`${quoted(value)} is not an id of the cloud, such as i-bp1a2b3c4d5e6f7g8h9j.`)
    },
  }
}

/** The same argument, left out at will: its value is undefined then. */
export function optional<T>(arg: Arg<T>): Arg<T | undefined> {
  return { ...arg, required: false }
}

/** Given by its name only: `key=value` or `--key value`. */
export function named<T>(arg: Arg<T>): Arg<T> {
  return { ...arg, positional: false }
}
