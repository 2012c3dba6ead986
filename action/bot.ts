import type { Reply } from '../core/commands/reply.ts'
import type { Inputs } from './inputs.ts'

const PATIENCE_MS = 120_000

/** Asks the bot. Throws an Error with a sentence when no bot answers. */
export async function askBot(inputs: Inputs): Promise<Reply> {
  const { server, token, command, args, confirmed } = inputs
  const response = await fetch(`${server}/api/commands`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ text: command, args, confirmed, door: 'action' }),
    signal: AbortSignal.timeout(PATIENCE_MS),
    redirect: 'error',
  }).catch((cause: unknown) => {
    throw new Error(`No bot answers at ${server}.`, { cause })
  })
  const reply = (await response.json().catch(() => undefined)) as Partial<Reply> | undefined
  if (typeof reply?.outcome !== 'string' || typeof reply.title !== 'string')
    throw new Error(`What answers at ${server} is not a Ferry bot (status ${response.status}).`)
  return reply as Reply
}
