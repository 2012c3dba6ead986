/** The options of `npm run bench -- bytes`, read once and refused with a sentence. */
import { existsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'

const GIB = 1024 ** 3
const MOST_GIB = 4096
const MOST_ROUNDS = 100

export interface Settings {
  readonly sizeBytes: number
  readonly rounds: number
  readonly peerRounds: number
  /** Sizes of the disks that the curve of tracked syncs is drawn over, in bytes; empty: none is. */
  readonly curve: readonly number[]
  /** Where directories of disks are made. */
  readonly place: string
  readonly json: boolean
}

/** What may be typed, with what stands for it when it is not. */
const DEFAULTS = { size: '8', rounds: '5', 'peer-rounds': '2', curve: '2,8,64', dir: tmpdir() } as const

export const USAGE =
  'npm run bench -- bytes [--size GIB] [--rounds N] [--peer-rounds N] [--curve GIB,GIB,…|none] [--dir PATH] [--json]'

/** Whole blocks, so that every program can read the disk directly. */
function sizeOf(option: string, text: string): number | string {
  const gib = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  const bytes = gib * GIB
  return gib > 0 && gib <= MOST_GIB && bytes % (1024 * 1024) === 0
    ? bytes
    : `--${option} ${text}: a size is a number of GiB without a unit, in whole MiB, up to ${MOST_GIB}. Example: --${option} ${option === 'curve' ? '2,8,64' : '8'}`
}

function countOf(option: string, text: string): number | string {
  return /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= MOST_ROUNDS
    ? Number(text)
    : `--${option} ${text}: rounds are a whole number from 1 to ${MOST_ROUNDS}. Example: --${option} 3`
}

/** The settings, or what is wrong with them, in a sentence. */
export function readSettings(args: readonly string[]): Settings | { readonly problem: string } {
  let values: Record<keyof typeof DEFAULTS, string> & { readonly json?: boolean }
  try {
    const text = (name: keyof typeof DEFAULTS) => ({ type: 'string' as const, default: DEFAULTS[name] })
    values = parseArgs({
      args: [...args],
      options: {
        ...{ size: text('size'), rounds: text('rounds'), 'peer-rounds': text('peer-rounds') },
        ...{ curve: text('curve'), dir: text('dir'), json: { type: 'boolean' as const } },
      },
    }).values
  } catch (problem) {
    return { problem: `${String((problem as Error).message).split('. ')[0]}. ${USAGE}` }
  }
  const size = sizeOf('size', values.size)
  const rounds = countOf('rounds', values.rounds)
  const peerRounds = countOf('peer-rounds', values['peer-rounds'])
  const curve = values.curve === 'none' ? [] : values.curve.split(',').map((text) => sizeOf('curve', text))
  const wrong = [size, rounds, peerRounds, ...curve].find((value) => typeof value === 'string')
  if (wrong !== undefined) return { problem: wrong }
  if (!existsSync(values.dir) || !statSync(values.dir).isDirectory())
    return { problem: `--dir ${values.dir}: there is no such directory. Example: --dir /var/tmp` }
  return {
    ...{ sizeBytes: Number(size), rounds: Number(rounds), peerRounds: Number(peerRounds) },
    ...{ curve: curve.map(Number), place: values.dir, json: values.json === true },
  }
}
