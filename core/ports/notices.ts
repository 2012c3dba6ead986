/** What people should hear of, written down with what has happened; where it is told is decided later. */

/** Something people should hear of; delivered through the outbox, in order, at least once, shown once. */
export interface Notice {
  readonly severity: 'info' | 'warning' | 'error'
  readonly title: string
  readonly facts?: Readonly<Record<string, string>>
  /** A post of this kind shows it too: where one is kept, the notice is not told beside it. */
  readonly shownBy?: 'sync' | 'approval'
}

export interface OutboxRow extends Notice {
  readonly id: string
  readonly job: string | null
  readonly at: Date
}

export interface Outbox {
  add(notice: Notice, jobId?: string): Promise<void>
  /** The same, but nothing happens when a notice of this key was ever added: false then. Repeatable. */
  addOnce(key: string, notice: Notice, jobId?: string): Promise<boolean>
  /**
   * Hands each undelivered notice, in order, to `deliver`; one replica at a time. Stops at the first that throws and
   * throws its error on; that notice comes first again next time.
   */
  deliver(deliver: (notice: OutboxRow) => Promise<void>): Promise<number>
}
