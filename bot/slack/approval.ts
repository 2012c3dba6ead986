/** The two buttons of a request for approval. */
import type { Reply } from '../../core/commands/reply.ts'
import type { SlackParts } from './parts.ts'
import type { Button } from './render/blocks.ts'
import { button } from './render/blocks.ts'

/** How long a request that is approved offers to be carried out. */
const CARRY_OUT_MS = 60 * 60_000

/**
 * Approve and Deny, each with a reference that everybody can use once, as long as the request stands; whether they may
 * decide is settled by core at the moment of the click. One that is approved and was not carried out yet can be carried
 * out by those who approved it. None once the request is over.
 */
export async function decisionButtons(
  { app }: Pick<SlackParts, 'app'>,
  { data }: Reply,
): Promise<readonly Button[]> {
  const { approval: number, status, expiresAt, carriedOutBy } = data ?? {}
  if (typeof number !== 'number') return []
  const raw = { request: String(number) }
  if (status === 'approved' && carriedOutBy === 'approval') {
    const [again = ''] = await app.references.make(
      [{ command: 'approve', raw, confirmed: true }],
      null,
      CARRY_OUT_MS,
    )
    return [button('ref:approve', 'Carry out', again, 'primary')]
  }
  const leftMs = Date.parse(String(expiresAt)) - app.now().getTime()
  if (status !== 'open' || !(leftMs > 0)) return []
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
