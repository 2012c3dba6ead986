import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Seals what the database must not know (AES-256-GCM). `about` is bound to it: a seal moved elsewhere does not open. */
export interface Seal {
  close(text: string, about: string): string
  /** Throws when the key is another one, or anything was changed. */
  open(sealed: string, about: string): string
}

const VERSION = 'v1'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** `key`: 32 bytes. */
export function sealWith(key: Buffer): Seal {
  return {
    close: (text, about) => {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about))
      const bytes = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${VERSION}:${bytes.toString('base64')}`
    },
    open: (sealed, about) => {
      const [version, base64 = ''] = sealed.split(':')
      const bytes = Buffer.from(base64, 'base64')
      if (version !== VERSION || bytes.length < NONCE_BYTES + TAG_BYTES)
        throw new Error('this is nothing that Ferry has sealed')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(about))
        .setAuthTag(bytes.subarray(-TAG_BYTES))
      const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
      return Buffer.concat([text, decipher.final()]).toString('utf8')
    },
  }
}
