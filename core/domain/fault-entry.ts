/** Who can mend it. `ferry`: it mends itself by trying again. */
type Mender = 'ferry' | 'operator' | 'source' | 'cloud-account' | 'cloud'

export interface FaultEntry {
  readonly title: string
  readonly cause: string
  /**
   * What to do, in sentences; what stands in backticks is a command to copy. `<job>` stands for the job's name,
   * `<again>` for the command that asks once more for what has failed: read it by `remedyOf`.
   */
  readonly remedy: string
  /** Worth trying again by itself, with back-off. */
  readonly transient: boolean
  /** Worth trying again by itself when nobody waits for the sync: a scheduled one. */
  readonly unattended: boolean
  /** Whether `retry` can help at all. */
  readonly retryable: boolean
  readonly mender: Mender
}

/** Makes an entry of the catalogue; not transient, and worth a `retry`, unless it says otherwise. */
export const entry = (
  title: string,
  cause: string,
  remedy: string,
  mender: Mender,
  more: Partial<Pick<FaultEntry, 'transient' | 'unattended' | 'retryable'>> = {},
): FaultEntry => ({
  title,
  cause,
  remedy,
  mender,
  transient: false,
  unattended: false,
  retryable: true,
  ...more,
})
