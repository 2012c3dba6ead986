/** The two buttons under what cannot be taken back. */
import type { Invocation } from '../../core/commands/read.ts'
import type { SlackParts } from './parts.ts'
import type { Button } from './render/blocks.ts'
import { button } from './render/blocks.ts'

/** A question that stands longer than this was forgotten. */
export const LIFE_MS = 10 * 60_000

/** The first carries a reference that only this person can use, once, for ten minutes. */
export async function confirmButtons(
  { app }: Pick<SlackParts, 'app'>,
  { command, raw }: Invocation,
  person: string,
): Promise<readonly Button[]> {
  const [reference = ''] = await app.references.make([{ command, raw, confirmed: true }], person, LIFE_MS)
  const words = ['Yes,', command, raw['step'], raw['job']].filter((word) => word !== undefined).join(' ')
  return [button('ref:confirm', words, reference, 'danger'), button('leave', 'Leave it', 'leave')]
}
