import { createHash } from 'node:crypto'

/**
 * The ClientToken of a create call: 64 characters of ASCII, the most that ECS takes, and the same for the same words.
 * `variant` tells tries apart that ask for different things, which ECS refuses under one token.
 */
export function clientToken(token: string, variant = ''): string {
  return createHash('sha256').update(`${token}\n${variant}`).digest('hex')
}

/**
 * The first resource with the key of a request, else a new one. The ClientToken alone would not do: the cloud forgets
 * it after a day.
 */
export async function firstOrNew(
  found: Promise<readonly { readonly id: string }[]>,
  create: () => Promise<string>,
): Promise<string> {
  const [first] = await found
  return first?.id ?? create()
}
