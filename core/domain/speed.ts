/** How fast a source reads its disks: what a speed test is asked with and what it finds. */
export interface SpeedtestAsked {
  /** The most that is read of each disk. */
  readonly diskBytes: number
}

export interface DiskSpeed {
  readonly index: number
  readonly path: string
  readonly readBytes: number
  /** Null when it could not be read; `detail` says why. */
  readonly bytesPerSecond: number | null
  readonly detail: string
}

export interface SpeedtestFound {
  readonly disks: readonly DiskSpeed[]
}
