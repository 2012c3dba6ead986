import { createHash, createHmac } from 'node:crypto'

/** What is stored of a secret that people or machines carry: its SHA-256, as hex. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** A secret that can be made again from the installation's own: a repeated call then carries the same one. */
export function deriveSecret(installationSecret: string, purpose: string): string {
  return createHmac('sha256', installationSecret).update(purpose).digest('base64url')
}
