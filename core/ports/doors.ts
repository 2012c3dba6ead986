/** What doors keep beside the jobs: what their buttons mean, and the workspaces they are installed in. */

/** What happens when somebody uses a reference: an invocation, as a person would type it. */
export interface Meaning {
  readonly command: string
  readonly raw: Readonly<Record<string, string>>
  /** The person is shown what cannot be taken back beside the button: using it confirms. */
  readonly confirmed: boolean
}

/** Why a reference does nothing. `twice`: the same person used it moments ago, as with a double click. */
export type Useless = 'unknown' | 'expired' | 'used' | 'twice' | 'not-yours'

/**
 * One-time references: a button carries nothing but a secret, of which the hash is kept with what it means, who may
 * use it and until when. Each person may use one once.
 */
export interface References {
  /** Keeps them; a hash that is there already stays as it is. `person`: the only one who may use it; null: anybody. */
  keep(
    references: readonly {
      readonly hash: string
      readonly meaning: Meaning
      readonly person: string | null
      readonly lifeMs: number
    }[],
  ): Promise<void>
  /** What it means, without using it. */
  look(hash: string, person: string): Promise<Meaning | Useless>
  /** Uses it, in one guarded statement: of any number of uses by one person the first alone gets its meaning. */
  use(hash: string, person: string): Promise<Meaning | Useless>
  /** Takes a use back, when what it meant could not be tried. */
  giveBack(hash: string, person: string): Promise<void>
}

/** Workspaces of Slack, by team (or by enterprise, where the whole of it has installed Ferry). */
export interface Workspaces {
  /** Keeps an installation, sealed by whoever has the key; replaces an earlier one. */
  install(id: string, sealed: string): Promise<void>
  /** The sealed installation; undefined when there is none (any more). */
  installation(id: string): Promise<string | undefined>
  /** The one installed first of those that are; undefined when there is none. */
  first(): Promise<string | undefined>
  /** Forgets the installation. Repeatable. */
  uninstall(id: string): Promise<void>
  /** Remembers that it refuses a kind of block, for so long. */
  refuses(id: string, lifeMs: number): Promise<void>
  /** Whether it is known to refuse the newer kinds of blocks. */
  isPlain(id: string): Promise<boolean>
}
