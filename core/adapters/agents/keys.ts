import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { Store } from '../../ports/store.ts'

/** The key pair that tickets are signed with. */
export interface TicketKey {
  /** PKCS#8 PEM; never leaves the bot. */
  readonly privateKey: string
  /** Base64 of the SPKI DER form, as machines are told it. */
  readonly publicKey: string
}

/** The installation's ticket key: made once, the same for every replica. */
export async function ticketKey(store: Pick<Store, 'once'>): Promise<TicketKey> {
  const privateKey = await store.once('ticket-key', () =>
    generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  )
  const publicKey = createPublicKey(createPrivateKey(privateKey)).export({ format: 'der', type: 'spki' })
  return { privateKey, publicKey: publicKey.toString('base64') }
}
