/** What a receiver keeps in its home: its keys, who it is to the bot, the highest epoch, and the last seal. */
import { generateKeyPairSync, createPrivateKey, createPublicKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ReceiverConfig } from '../protocol/control.ts'
import { privateDirectory, writeDurably } from '../protocol/durable.ts'
import { failpoint } from '../protocol/failpoint.ts'

const Keys = z.object({ signing: z.string(), tls: z.string() })
export type Keys = z.infer<typeof Keys>

const Identity = z.object({ machine: z.string(), ticketKey: z.string() })
export type Identity = z.infer<typeof Identity>

const Sealed = z.object({
  sync: z.string(),
  epoch: z.number(),
  disks: z.array(z.object({ index: z.number(), sizeBytes: z.number(), root: z.string() })),
  isReported: z.boolean(),
})
/** A seal that the bot has to know of, sooner or later. */
export type Sealed = z.infer<typeof Sealed>

const Epoch = z.object({ epoch: z.number() })

function stored<T>(path: string, schema: z.ZodType<T>): T | undefined {
  if (!existsSync(path)) return undefined
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new Error(`${path} cannot be understood; the receiver does not guess what it said`, { cause })
  }
}

const newKey = (kind: 'ed25519' | 'ec'): string =>
  (kind === 'ec'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('ed25519')
  ).privateKey
    .export({ type: 'pkcs8', format: 'pem' })
    .toString()

/** The public half of a PEM private key: base64 of its SPKI DER. */
export const publicHalf = (privateKey: string): string =>
  createPublicKey(createPrivateKey(privateKey)).export({ type: 'spki', format: 'der' }).toString('base64')

/** Every write is durable when the method returns; a value that cannot be read stops the program. */
export class Home {
  readonly path: string
  readonly config: ReceiverConfig

  constructor(path: string) {
    privateDirectory(path)
    this.path = path
    const config = stored(join(path, 'receiver.json'), ReceiverConfig)
    if (config === undefined) throw new Error(`${join(path, 'receiver.json')} is missing; UserData writes it`)
    this.config = config
  }

  /** The keys; made on the first call ever. */
  keys(): Keys {
    const path = join(this.path, 'keys.json')
    const known = stored(path, Keys)
    if (known) return known
    const keys = { signing: newKey('ed25519'), tls: newKey('ec') }
    writeDurably(path, JSON.stringify(keys))
    failpoint('receiver:keys:after')
    return keys
  }

  identity(): Identity | undefined {
    return stored(join(this.path, 'identity.json'), Identity)
  }

  setIdentity(identity: Identity): void {
    writeDurably(join(this.path, 'identity.json'), JSON.stringify(identity))
  }

  /** The highest epoch ever accepted; 0 before the first. */
  epoch(): number {
    return stored(join(this.path, 'epoch.json'), Epoch)?.epoch ?? 0
  }

  setEpoch(epoch: number): void {
    failpoint('receiver:epoch:before')
    writeDurably(join(this.path, 'epoch.json'), JSON.stringify({ epoch }))
    failpoint('receiver:epoch:after')
  }

  sealed(): Sealed | undefined {
    return stored(join(this.path, 'sealed.json'), Sealed)
  }

  setSealed(sealed: Sealed): void {
    failpoint('receiver:sealed-state:before')
    writeDurably(join(this.path, 'sealed.json'), JSON.stringify(sealed))
    failpoint('receiver:sealed-state:after')
  }
}
