/** What the agent keeps in its home: its key, and who it is to the bot. */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { privateDirectory, writeDurably } from '../protocol/durable.ts'

const Enrolled = z.object({
  server: z.string(),
  machine: z.string(),
  source: z.string(),
  ticketKey: z.string(),
  /** Chosen disks; empty for all. */
  disks: z.array(z.string()),
})
export type Enrolled = z.infer<typeof Enrolled>

const Key = z.object({ signing: z.string() })

/** Every write is durable when the method returns. */
export class Home {
  readonly path: string

  constructor(path: string) {
    privateDirectory(path)
    this.path = path
  }

  /** PKCS#8 PEM of the Ed25519 key; made on the first call ever. */
  privateKey(): string {
    const path = join(this.path, 'key.json')
    if (existsSync(path)) return Key.parse(JSON.parse(readFileSync(path, 'utf8'))).signing
    const signing = generateKeyPairSync('ed25519')
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString()
    writeDurably(path, JSON.stringify({ signing }))
    return signing
  }

  /** Base64 of the key's SPKI. */
  publicKey(): string {
    const key = createPublicKey(createPrivateKey(this.privateKey()))
    return key.export({ type: 'spki', format: 'der' }).toString('base64')
  }

  enrolled(): Enrolled | undefined {
    const path = join(this.path, 'enrolled.json')
    return existsSync(path) ? Enrolled.parse(JSON.parse(readFileSync(path, 'utf8'))) : undefined
  }

  setEnrolled(enrolled: Enrolled): void {
    writeDurably(join(this.path, 'enrolled.json'), JSON.stringify(enrolled))
  }

  manifestPath(disk: number): string {
    return join(this.path, `disk-${disk}.manifest`)
  }
}
