/** How fast a source reads its disks and sends: what a speed test is asked with, what it finds, and what it says. */
import { formatRate } from './bytes.ts'

const MIB = 1024 * 1024

export interface SpeedtestAsked {
  /** The most that is read of each disk. */
  readonly diskBytes: number
  /** The most that is sent. */
  readonly networkBytes: number
}

/** Enough to be past the first burst, little enough to disturb nobody for more than seconds. */
export const SPEEDTEST: SpeedtestAsked = { diskBytes: 64 * MIB, networkBytes: 32 * MIB }

interface DiskSpeed {
  readonly index: number
  readonly path: string
  readonly readBytes: number
  /** Null when it could not be read; `detail` says why. */
  readonly bytesPerSecond: number | null
  readonly detail: string
}

export interface NetworkSpeed {
  /** `bot`: there was no receiver to send to, so the way to the bot was measured. */
  readonly to: 'receiver' | 'bot'
  readonly address: string
  readonly sentBytes: number
  readonly bytesPerSecond: number | null
  readonly detail: string
}

export interface SpeedtestFound {
  readonly disks: readonly DiskSpeed[]
  /** What was tried, in this order. */
  readonly network: readonly NetworkSpeed[]
}

interface SpeedSummary {
  /** Of the slowest disk that could be read. */
  readonly readRate: number | null
  /** Of the last way that could be measured. */
  readonly sendRate: number | null
  readonly sentTo: NetworkSpeed['to'] | null
  /** What bounds a sync in which every block has changed; null when one of the two is not known. */
  readonly limit: 'disk' | 'network' | null
}

/** What a speed test says as a whole: also the first guess of a forecast. */
export function speedSummary(found: SpeedtestFound): SpeedSummary {
  const reads = found.disks.flatMap(({ bytesPerSecond }) => (bytesPerSecond === null ? [] : [bytesPerSecond]))
  const readRate = reads.length === 0 ? null : Math.min(...reads)
  const measured = found.network.filter(({ bytesPerSecond }) => bytesPerSecond !== null).at(-1)
  const sendRate = measured?.bytesPerSecond ?? null
  const limit = readRate === null || sendRate === null ? null : readRate < sendRate ? 'disk' : 'network'
  return { readRate, sendRate, sentTo: measured?.to ?? null, limit }
}

/** `the network limits: it sends 12 MiB/s, the disks read 180 MiB/s`. */
export function limitWords({ readRate, sendRate, limit }: SpeedSummary): string {
  if (readRate === null) return 'not known: no disk could be read'
  if (sendRate === null) return 'not known: the network could not be measured'
  const [reads, sends] = [
    `the slowest disk reads ${formatRate(readRate)}`,
    `the network takes ${formatRate(sendRate)}`,
  ]
  return limit === 'disk' ? `the disk: ${reads}, ${sends}` : `the network: ${sends}, ${reads}`
}
