import { createPublicKey } from 'node:crypto'
import { isSignedBy, SIGNATURE_WINDOW_MS, SIGNED_HEADERS } from '../../../agent/protocol/signing.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Store } from '../../ports/store.ts'
import { TurnedAway } from './answer.ts'

/** A machine that has proved who it is. */
export type Caller = { readonly id: string } & NonNullable<Awaited<ReturnType<Store['sources']['key']>>>

/** Longer than both halves of the window together, so that no nonce is forgotten while its time still counts. */
const NONCE_LIFE_MS = 3 * SIGNATURE_WINDOW_MS

/**
 * Who signed this request. The nonce is spent last: a request that is refused for another reason must not be able
 * to use one up.
 */
export async function signer(
  request: Request,
  body: string,
  parts: { readonly store: Pick<Store, 'sources' | 'firstSeen'>; readonly clock: Clock },
): Promise<Caller> {
  const header = (name: string): string => request.headers.get(name) ?? ''
  const machine = header(SIGNED_HEADERS.machine)
  const time = header(SIGNED_HEADERS.time)
  const nonce = header(SIGNED_HEADERS.nonce)
  const signature = header(SIGNED_HEADERS.signature)
  if (
    machine === '' ||
    signature === '' ||
    !/^[0-9]{1,15}$/.test(time) ||
    !/^[0-9a-zA-Z_-]{16,128}$/.test(nonce)
  )
    throw new TurnedAway(401, 'The request is not signed.')
  const apart = parts.clock.now().getTime() - Number(time)
  if (Math.abs(apart) > SIGNATURE_WINDOW_MS)
    throw new TurnedAway(
      401,
      `The clock of this machine is ${Math.round(Math.abs(apart) / 1000)} s ${apart > 0 ? 'behind' : 'ahead of'} the bot's; 300 s are allowed.`,
    )
  const known = await parts.store.sources.key(machine)
  const { pathname, search } = new URL(request.url)
  const signed = { method: request.method, path: pathname + search, time, nonce, body }
  if (known === undefined || !isSignedBy(signed, signature, known.publicKey))
    throw new TurnedAway(401, 'The signature is not that of a machine which may call.')
  if (!(await parts.store.firstSeen(`nonce:${machine}:${nonce}`, NONCE_LIFE_MS)))
    throw new TurnedAway(401, 'This request was sent before.')
  return { id: machine, ...known }
}

/** Refuses a key that could never verify a signature, before it is stored. */
export function demandEd25519(publicKey: string): void {
  let kind: string | undefined
  try {
    kind = createPublicKey({
      key: Buffer.from(publicKey, 'base64'),
      format: 'der',
      type: 'spki',
    }).asymmetricKeyType
  } catch {
    kind = undefined
  }
  if (kind !== 'ed25519') throw new TurnedAway(400, 'publicKey: is not an Ed25519 key in SPKI DER form.')
}
