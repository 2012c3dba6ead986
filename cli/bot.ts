import type { Invocation } from '../core/commands/read.ts'
import type { Reply } from '../core/commands/reply.ts'
import type { Settings } from './settings.ts'

/** The bot did not answer, or what answered is no bot. */
export class Unreachable extends Error {
  override name = 'Unreachable'
}

/** Two minutes: no command takes seconds, but the way to the bot may. */
const PATIENCE_MS = 120_000

/** Asks the bot; every answer of it is a reply, refusals too. Throws `Unreachable`. */
export async function askBot(settings: Settings, invocation: Invocation, confirmed: boolean): Promise<Reply> {
  let text: string
  try {
    const response = await fetch(`${settings.server}/api/commands`, {
      method: 'POST',
      headers: { authorization: `Bearer ${settings.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ command: invocation.command, args: invocation.raw, confirmed, door: 'cli' }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    text = await response.text()
  } catch (error) {
    throw new Unreachable(
      isLost(error)
        ? `The bot at ${settings.server} did not answer to the end. It may have done what was asked: \`status\` shows.`
        : `No bot answers at ${settings.server}. Start it with \`npm start\`, or name another in FERRY_SERVER_URL.`,
    )
  }
  const reply = asReply(text)
  if (reply === undefined)
    throw new Unreachable(
      `What answers at ${settings.server} is not a Ferry bot. FERRY_SERVER_URL names the bot.`,
    )
  return reply
}

/** Whether the connection broke, or took too long, after the bot may have read what was asked. */
function isLost(error: unknown): boolean {
  const { name, cause } = error as { name?: string; cause?: { code?: unknown } }
  const codes = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']
  return name === 'TimeoutError' || codes.some((code) => code === cause?.code)
}

function asReply(text: string): Reply | undefined {
  try {
    const value = JSON.parse(text) as Partial<Reply> | null
    return typeof value?.outcome === 'string' && typeof value.title === 'string'
      ? (value as Reply)
      : undefined
  } catch {
    return undefined
  }
}
