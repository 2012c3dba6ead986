/** The counters and settings that all threads of an order share, without messages. */
import type { SendSettings } from '../protocol/control.ts'

const COMPRESSION = ['auto', 'on', 'off'] as const

/** Fields of the order as a whole. Times are microseconds that threads spent waiting. */
const WHOLE = {
  ...{ stop: 0, wireBytes: 1, drainUs: 2, ackUs: 3, limitUs: 4, sendAtUs: 5 },
  ...{ bytesPerSecond: 6, compression: 7, readUs: 8, readBytes: 9 },
} as const
const WHOLE_FIELDS = 10
/** Fields of each disk. */
const DISK = { nextGroup: 0, comparedBytes: 1, changedBytes: 2, appliedBytes: 3, wantedBytes: 4 } as const
const DISK_FIELDS = 5

export type WholeField = keyof typeof WHOLE
export type DiskField = keyof typeof DISK

/** A view of the shared counters; every thread makes its own from the same memory. Disks by their place in the order. */
export class Progress {
  readonly memory: SharedArrayBuffer
  private readonly fields: BigInt64Array

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.fields = new BigInt64Array(memory)
  }

  static forDisks(disks: number): Progress {
    return new Progress(new SharedArrayBuffer((WHOLE_FIELDS + disks * DISK_FIELDS) * 8))
  }

  get(field: WholeField): number {
    return Number(Atomics.load(this.fields, WHOLE[field]))
  }

  add(field: WholeField, by: number): void {
    Atomics.add(this.fields, WHOLE[field], BigInt(Math.round(by)))
  }

  /** The clock of the rate limit (`throttle.ts`), in milliseconds; returns what `next` made of it. */
  readonly sendClock = {
    update: (next: (current: number) => number): number => {
      for (;;) {
        const current = Atomics.load(this.fields, WHOLE.sendAtUs)
        const wanted = BigInt(Math.round(next(Number(current) / 1000) * 1000))
        if (Atomics.compareExchange(this.fields, WHOLE.sendAtUs, current, wanted) === current)
          return Number(wanted) / 1000
      }
    },
  }

  /**
   * How blocks are sent from now on. A change of the rate also forgets what was booked at the old one, which may
   * reach far into the future. The rate first: who books between the two sees that it has changed.
   */
  setSending({ bytesPerSecond, compression }: SendSettings, nowMs: number): void {
    Atomics.store(this.fields, WHOLE.compression, BigInt(COMPRESSION.indexOf(compression)))
    const rate = BigInt(bytesPerSecond ?? 0)
    if (Atomics.exchange(this.fields, WHOLE.bytesPerSecond, rate) !== rate) this.sendClock.update(() => nowMs)
  }

  sending(): SendSettings {
    const compression = COMPRESSION[this.get('compression')] ?? 'auto'
    return { bytesPerSecond: this.get('bytesPerSecond') || null, compression }
  }

  getDisk(disk: number, field: DiskField): number {
    return Number(Atomics.load(this.fields, WHOLE_FIELDS + disk * DISK_FIELDS + DISK[field]))
  }

  addDisk(disk: number, field: DiskField, by: number): void {
    Atomics.add(this.fields, WHOLE_FIELDS + disk * DISK_FIELDS + DISK[field], BigInt(by))
  }

  /** The next group of a disk that no thread has taken yet. */
  claimGroup(disk: number): number {
    const at = WHOLE_FIELDS + disk * DISK_FIELDS + DISK.nextGroup
    return Number(Atomics.add(this.fields, at, 1n))
  }

  /** Begins another pass: all groups of a disk may be taken again. No thread may be at work. */
  rewind(disk: number): void {
    Atomics.store(this.fields, WHOLE_FIELDS + disk * DISK_FIELDS + DISK.nextGroup, 0n)
  }

  /** Asks all threads to end at the next safe point. Repeatable. */
  stop(): void {
    Atomics.store(this.fields, WHOLE.stop, 1n)
  }

  isStopped(): boolean {
    return Atomics.load(this.fields, WHOLE.stop) === 1n
  }

  /** Adds the time that `waiting` takes to a field. */
  async timed<T>(field: WholeField, waiting: Promise<T>): Promise<T> {
    const start = performance.now()
    try {
      return await waiting
    } finally {
      this.add(field, (performance.now() - start) * 1000)
    }
  }
}
