/** The two buttons of a request for approval. */
import type { Reply } from '../../core/commands/reply.ts'
import type { SlackParts } from './parts.ts'
import type { Button } from './render/blocks.ts'
import { button } from './render/blocks.ts'

/**
 * Approve and Deny, each with a reference that everybody can use once, as long as the request stands; whether they may
 * decide is settled by core at the moment of the click. None once the request is over.
 */
export async function decisionButtons(
  { app }: Pick<SlackParts, 'app'>,
  { data }: Reply,
): Promise<readonly Button[]> {
  const { approval: number, status, expiresAt } = data ?? {}
  const leftMs = Date.parse(String(expiresAt)) - app.now().getTime()
  if (status !== 'open' || typeof number !== 'number' || !(leftMs > 0)) return []
  const raw = { request: String(number) }
  const [approve = '', deny = ''] = await app.references.make(
    [
      { command: 'approve', raw, confirmed: true },
      { command: 'deny', raw, confirmed: true },
    ],
    null,
    leftMs,
  )
  return [button('ref:approve', 'Approve', approve, 'primary'), button('ref:deny', 'Deny…', deny, 'danger')]
}
