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
  /** SHA-256 of the code it enrolled with, and the key that the bot knows: PKCS#8 PEM. */
  codeHash: z.string(),
  signing: z.string(),
  /** Chosen disks; empty for all. */
  disks: z.array(z.string()),
})
export type Enrolled = z.infer<typeof Enrolled>

const Key = z.object({ signing: z.string(), codeHash: z.string() })

/** Base64 of the SPKI of a private key. */
export function publicHalf(signing: string): string {
  const key = createPublicKey(createPrivateKey(signing))
  return key.export({ type: 'spki', format: 'der' }).toString('base64')
}

/** Every write is durable when the method returns. */
export class Home {
  readonly path: string

  constructor(path: string) {
    privateDirectory(path)
    this.path = path
  }

  /**
   * The key to enrol with by this code: PKCS#8 PEM. Made once per code, so that a start that was cut short shows the
   * same key again; the key of a former enrolment stays in force until the new one has succeeded.
   */
  keyFor(codeHash: string): string {
    const path = join(this.path, 'key.json')
    const known = existsSync(path) ? Key.parse(JSON.parse(readFileSync(path, 'utf8'))) : undefined
    if (known?.codeHash === codeHash) return known.signing
    const signing = generateKeyPairSync('ed25519')
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString()
    writeDurably(path, JSON.stringify({ signing, codeHash }))
    return signing
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

  pagesPath(disk: number): string {
    return join(this.path, `disk-${disk}.pages`)
  }
}
