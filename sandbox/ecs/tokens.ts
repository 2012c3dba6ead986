import { createHash } from 'node:crypto'
import type { Cloud } from './cloud.ts'
import { refusal } from './errors.ts'
import type { Operation, Reply } from './operations/operation.ts'

const KEPT_MS = 24 * 3600_000
const LONGEST = 64

/** A request as far as its ClientToken is concerned: all its parameters, whatever their order. */
type Pairs = readonly (readonly [string, string])[]

/**
 * ClientToken: the same token with the same parameters gets the first answer again, with other parameters a refusal.
 * The answer is recorded with the effect, in one state, so that a crash loses both or neither.
 */
export class Tokens {
  readonly #running = new Set<string>()

  async once(cloud: Cloud, operation: Operation, pairs: Pairs, run: () => Promise<Reply>): Promise<Reply> {
    const token = pairs.find(([name]) => name === 'ClientToken')?.[1]
    if (operation.token === undefined || token === undefined || token === '') return run()
    if (token.length > LONGEST || !/^[\x20-\x7e]+$/.test(token)) {
      throw refusal('InvalidParameter', { message: 'ClientToken is at most 64 ASCII characters.' })
    }

    const key = `${operation.name} ${token}`
    const digest = digestOf(pairs)
    const known = cloud.state.tokens[key]
    if (known && known.at > cloud.now() - KEPT_MS) {
      if (known.digest !== digest) throw refusal(operation.token)
      return known.reply
    }
    if (this.#running.has(key)) throw refusal('IdempotentProcessing')
    this.#running.add(key)
    try {
      const reply = await run()
      cloud.state.tokens[key] = { digest, reply, at: cloud.now() }
      return reply
    } finally {
      this.#running.delete(key)
    }
  }
}

/** Drops tokens that are no longer honoured. */
export function forgetOldTokens(cloud: Cloud): void {
  for (const [key, { at }] of Object.entries(cloud.state.tokens)) {
    if (at <= cloud.now() - KEPT_MS) delete cloud.state.tokens[key]
  }
}

function digestOf(pairs: Pairs): string {
  const sorted = pairs
    .filter(([name]) => name !== 'ClientToken')
    .map((pair) => JSON.stringify(pair))
    .sort()
  return createHash('sha256').update(sorted.join('\n')).digest('hex')
}
