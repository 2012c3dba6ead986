import type { Arg } from './args.ts'
import { quoted } from './args.ts'
import { Refusal } from './reply.ts'

const MOST_TYPES = 10

/** Instance types, separated by commas, in the order in which they are tried. */
export function instanceTypes(describe: string): Arg<readonly string[]> {
  return {
    describe,
    shape: 'type,type,…',
    required: true,
    positional: true,
    parse: (text) => {
      const types = text.split(',').map((type) => type.trim())
      const wrong = types.find((type) => !/^ecs\.[a-z0-9-]{1,30}\.[a-z0-9-]{1,30}$/.test(type))
      if (wrong !== undefined || types.length > MOST_TYPES)
        throw new Refusal(
          'bad-argument',
          `${quoted(wrong ?? text)} is not ${wrong === undefined ? `1 to ${MOST_TYPES} instance types` : 'an instance type'}; several are separated by commas, such as ecs.g7.large,ecs.c7.large.`,
        )
      return types
    },
  }
}
