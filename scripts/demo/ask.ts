import type { Reply } from '../../core/commands/reply.ts'

/** Asks the bot as the CLI does; `token` says who asks. Throws only when the bot does not answer. */
export async function ask(server: string, token: string, text: string): Promise<Reply> {
  const response = await fetch(`${server}/api/commands`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ text, confirmed: true }),
  })
  return (await response.json()) as Reply
}

/** Asks again and again until `isThere` holds; throws with what was last seen when `forMs` are over. */
export async function until<T>(
  what: string,
  probe: () => Promise<T>,
  isThere: (value: T) => boolean,
  forMs = 60_000,
  everyMs = 50,
): Promise<T> {
  const end = performance.now() + forMs
  for (;;) {
    const value = await probe()
    if (isThere(value)) return value
    if (performance.now() > end)
      throw new Error(`${what} did not happen within ${forMs / 1000} s; last seen: ${JSON.stringify(value)}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
