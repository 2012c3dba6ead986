/**
 * The passes of an order. The first compares what may differ: blocks that were written since the last sync where that
 * is known (`tracking`), else all. Then what was written meanwhile is followed up to one instant (`freeze/converge.ts`).
 */
import type { SourceDisk, SyncInstant } from '../protocol/control.ts'
import { BLOCK_BYTES, blocksOf, rootOf } from '../protocol/geometry.ts'
import { log, wordsOf } from '../protocol/log.ts'
import type { CachedManifest } from './cached-manifest.ts'
import type { Clone } from './freeze/clone.ts'
import { converge } from './freeze/converge.ts'
import type { HoldLimits } from './freeze/decide.ts'
import type { FoundBlock, Pass, PassDisk } from './order-messages.ts'
import type { Progress } from './progress.ts'
import { BlockBits } from './tracking/block-bits.ts'
import { TrackingProblem, type Tracking } from './tracking/tracking.ts'

export interface CourseDisk {
  readonly source: SourceDisk
  /** Path of the cached manifest. */
  readonly path: string
  readonly cached: CachedManifest | undefined
  readonly theirs: SharedArrayBuffer
  readonly own: SharedArrayBuffer
}

export interface CoursePlace {
  /** Undefined: nothing is tracked. */
  readonly tracking: Tracking | undefined
  /** Whether what is known of writes is only looked at, since nothing is sent: the next sync has it all yet. */
  readonly looksOnly: boolean
  /** Null: writes are not held. */
  readonly hold: HoldLimits | null
  /** What is read in place of the only disk: it is one instant already. */
  readonly clone: Clone | undefined
  readonly progress: Progress
  /** Carries a pass out; all that it found is durable then, unless the order was stopped. */
  readonly pass: (pass: Pass) => Promise<readonly FoundBlock[]>
}

/** What is known of a disk's writes in this order. */
export interface Known {
  /** Undefined: the disk is not tracked. */
  readonly era: number | undefined
  /** Why every block is compared; undefined when only written ones are. */
  readonly because: string | undefined
  /** What the first pass compares. */
  readonly blocks: Uint8Array | null
}

export class Course {
  /** How this order compares, in words. */
  comparison = ''
  readonly disks: readonly CourseDisk[]
  readonly place: CoursePlace
  private known: Known[] = []
  /** Whether all that was handed over has been copied. */
  private isCopied = true

  constructor(disks: readonly CourseDisk[], place: CoursePlace) {
    this.disks = disks
    this.place = place
  }

  /** All passes. What it says of the instant is of no use when the order was stopped. */
  async run(): Promise<SyncInstant> {
    await this.learn()
    await this.pass(this.known.map(({ blocks }) => ({ blocks, held: null })))
    return converge(this)
  }

  /** Asks what is known of the disks' writes. */
  async learn(): Promise<void> {
    this.known = await Promise.all(this.disks.map((disk) => this.begin(disk)))
    this.comparison = this.words()
  }

  /** Carries a pass out, of as many disks as the order has. `isScrub`: each block that differed is told. */
  async pass(disks: readonly PassDisk[], isScrub = false): Promise<readonly FoundBlock[]> {
    const { progress } = this.place
    for (const [place, { source }] of this.disks.entries()) {
      const blocks = disks[place]?.blocks ?? null
      progress.addDisk(
        place,
        'wantedBytes',
        blocks === null ? source.sizeBytes : new BlockBits(blocks).count() * BLOCK_BYTES,
      )
      progress.rewind(place)
    }
    const found = await this.place.pass({ disks, isScrub })
    // What was found here lies there now.
    if (!progress.isStopped())
      for (const { theirs, own } of this.disks) new Uint8Array(theirs).set(new Uint8Array(own))
    return found
  }

  /** Compares blocks of one disk, by its place, and tells each that differed. */
  async passOver(place: number, blocks: Uint8Array): Promise<readonly FoundBlock[]> {
    const nothing = { blocks: new Uint8Array(0), held: null }
    // Of the others nothing is compared, also where it is not known what they hold.
    for (const [i, { theirs, own }] of this.disks.entries())
      if (i !== place) new Uint8Array(own).set(new Uint8Array(theirs))
    const disks = this.disks.map((_, i) => (i === place ? { blocks, held: null } : nothing))
    return this.pass(disks, true)
  }

  /** Whether every block of the disk at this place was compared. */
  isWhole(place: number): boolean {
    return this.knownOf(place).because !== undefined
  }

  knownOf(place: number): Known {
    return this.known[place] ?? { era: undefined, because: '', blocks: null }
  }

  /**
   * Manifests of these roots are about to be put in place, or are: what is written is known relative to them. It is
   * settled only when all that was handed over was copied; else the next sync is handed it again.
   */
  async bind(call: 'expect' | 'settle', roots: readonly string[]): Promise<void> {
    if (call === 'settle' && !this.isCopied) return
    for (const [place, { source }] of this.disks.entries()) {
      const { era } = this.knownOf(place)
      const root = roots[place]
      if (era === undefined || root === undefined) continue
      try {
        await this.place.tracking?.ask(call, source.index, root, era)
      } catch (problem) {
        log('warn', 'the next sync compares every block', {
          disk: source.index,
          because: wordsOf(problem),
        })
      }
    }
  }

  /**
   * Tracking failed in the middle of the order, of one disk or of all: what was handed over of any of them may not have
   * been copied. Returns the reason; throws what is no such problem.
   */
  trackingFailed(problem: unknown): string {
    if (!(problem instanceof TrackingProblem)) throw problem
    log('warn', 'tracking failed during a sync', { because: problem.message })
    this.isCopied = false
    return problem.message
  }

  private async begin({ source, cached, own }: CourseDisk): Promise<Known> {
    const { tracking } = this.place
    try {
      if (source.kind === 'file') throw new Error('of a raw file nobody tells what was written')
      if (tracking === undefined) throw new Error('change tracking is switched off')
      await tracking.ask('writeOut', [source.index])
      const root = cached && rootOf(source.sizeBytes, cached.groups)
      const call = this.place.looksOnly ? 'look' : 'take'
      const { bits, because, era } = await tracking.ask(call, source.index, root)
      if (because !== undefined || cached === undefined) return { era, because: because ?? '', blocks: null }
      new Uint8Array(own).set(cached.groups)
      return { era, because, blocks: bits }
    } catch (problem) {
      return { era: undefined, because: wordsOf(problem), blocks: null }
    }
  }

  private words(): string {
    const each = this.disks.map(({ source }, place) => {
      const { because, blocks } = this.knownOf(place)
      return because !== undefined || blocks === null
        ? `every block: ${because}`
        : `only written blocks, ${new BlockBits(blocks).count()} of ${blocksOf(source.sizeBytes)}`
    })
    const isAlike = each.every((words) => words === each[0])
    const named = each.map((words, place) => `disk ${this.disks[place]?.source.index}: ${words}`)
    return (isAlike ? (each[0] ?? '') : named.join('; ')).slice(0, 200)
  }
}
