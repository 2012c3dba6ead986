import { randomBytes } from 'node:crypto'
import { hashSecret } from '../domain/secret.ts'
import type { Meaning, References, Useless } from '../ports/doors.ts'

/** One-time references as doors use them: the text that a button carries goes out, its hash is kept. */
export interface ButtonReferences {
  /** A reference of each meaning, in order. `person`: the only one who may use it; null: anybody, each once. */
  make(meanings: readonly Meaning[], person: string | null, lifeMs: number): Promise<readonly string[]>
  look(text: string, person: string): Promise<Meaning | Useless>
  use(text: string, person: string): Promise<Meaning | Useless>
  giveBack(text: string, person: string): Promise<void>
}

export function buttonReferences(store: References): ButtonReferences {
  return {
    make: async (meanings, person, lifeMs) => {
      const texts = meanings.map(() => randomBytes(24).toString('base64url'))
      await store.keep(
        meanings.map((meaning, at) => ({ hash: hashSecret(texts[at] ?? ''), meaning, person, lifeMs })),
      )
      return texts
    },
    look: (text, person) => store.look(hashSecret(text), person),
    use: (text, person) => store.use(hashSecret(text), person),
    giveBack: (text, person) => store.giveBack(hashSecret(text), person),
  }
}
