/**
 * Knows which blocks of one disk were written, or why it does not. All methods belong to the tracking thread.
 *
 * The map is relative to the root of a manifest: whoever has that manifest and compares the map's blocks has compared
 * all that can differ. It is trusted from the end of a sync that compared every block, and no longer when there is any
 * doubt that it holds every write since; the doubt is kept, in words, until such a sync has ended again.
 */
import { readFileSync } from 'node:fs'
import type { SourceDisk } from '../../protocol/control.ts'
import { BLOCK_BYTES, blocksOf } from '../../protocol/geometry.ts'
import { log, wordsOf } from '../../protocol/log.ts'
import type { BlockBits } from './block-bits.ts'
import { differenceOf, DirtyFile, type DirtyState } from './dirty-file.ts'
import type { Ended } from './trace-page.ts'
import { TraceInstance } from './trace-instance.ts'
import { tracedDisk, type TracedDisk } from './traced-disk.ts'

const SECTOR_BYTES = 512

/** What belongs to one disk's tracking. */
export interface TrackerPlace {
  readonly tracefs: string
  /** Name of the kernel's instance. */
  readonly instance: string
  /** Path of the dirty map. */
  readonly file: string
}

/** What a sync is told when it begins. */
export interface Taken {
  /** Blocks that may differ from the manifest; of no use without trust. */
  readonly blocks: BlockBits
  /** Why every block must be compared; undefined when the map can be trusted. */
  readonly because: string | undefined
  /** To be given back when the sync ends: what it compared holds only if no doubt has come up since. */
  readonly era: number
}

interface Known {
  readonly trace: TraceInstance
  readonly file: DirtyFile
  readonly state: DirtyState
}

/** Eras so far, of all trackers: no two are alike, so whoever is left over from an earlier sync is told from the one now. */
let eras = 0

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

export class DiskTracker {
  readonly disk: SourceDisk
  private readonly place: TrackerPlace
  private traced: TracedDisk
  private trace: TraceInstance
  private file: DirtyFile
  private state: DirtyState
  private era = ++eras
  /** The era in which the last `take` was. */
  private takenIn = this.era
  private isHeld = false
  private isClosed = false

  /** Goes on with what the kernel recorded since the last agent, or begins anew. Throws what keeps it from tracking. */
  constructor(disk: SourceDisk, place: TrackerPlace) {
    this.disk = disk
    this.place = place
    this.traced = this.facts()
    const known = this.recall()
    if ('problem' in known)
      ({ trace: this.trace, file: this.file, state: this.state } = this.anew(known.problem))
    else ({ trace: this.trace, file: this.file, state: this.state } = known)
    log('info', 'writes to a disk are tracked', {
      ...{ disk: disk.index, path: disk.path, instance: place.instance },
      ...('problem' in known ? { because: known.problem } : {}),
    })
  }

  /** Takes over what the kernel has recorded. */
  poll(): void {
    if (!this.isHeld && this.trace.isWaiting()) this.drain()
  }

  /**
   * Hands over the blocks that were written, at the begin of a sync; `root` is that of the manifest that the sync has.
   * Repeatable: what was handed over before and did not end well comes again, and whoever it was is handed nothing more.
   */
  take(root: string | undefined): Taken {
    this.prove()
    this.drain()
    this.file.shift()
    this.takenIn = this.era = ++eras
    return { blocks: this.file.taken.copy(), because: this.doubtAbout(root), era: this.era }
  }

  /** What `take` would hand over, with everything left as it is: for whoever asks and copies nothing. */
  look(root: string | undefined): Taken {
    this.prove()
    this.drain()
    const blocks = this.file.taken.copy()
    blocks.addAll(this.file.current)
    return { blocks, because: this.doubtAbout(root), era: this.era }
  }

  /** Hands over what was written since the last `take` or `more`, within a sync. Throws when another one has begun. */
  more(era: number): Taken {
    this.prove()
    this.drain()
    // What is handed over counts as copied when the other one ends.
    if (era < this.takenIn) throw new Error('another sync of this disk has begun')
    const blocks = this.file.shift()
    return { blocks, because: this.era === era ? undefined : this.state.because, era: this.era }
  }

  /** What was written since the last `take` or `more`. */
  peek(): BlockBits {
    this.prove()
    this.drain()
    return this.file.current.copy()
  }

  /** A manifest of this root is about to be put in place: from then on the map is relative to it as well. */
  expect(root: string, era: number): void {
    if (this.era === era) this.change({ roots: [...new Set([...this.state.roots.slice(0, 1), root])] })
  }

  /** It is in place, and all that was handed over is in it. Nothing happens if a doubt has come up meanwhile. */
  settle(root: string, era: number): void {
    if (this.era !== era) return
    this.change({ roots: [root], because: '' })
    this.file.forgetTaken()
  }

  /** The map is not to be trusted any more, for this reason. */
  doubt(because: string): void {
    // Whoever is in the middle of comparing everything has to begin again, too.
    this.era = ++eras
    const isNews = this.state.roots.length > 0 || this.state.because !== because
    const lost = this.trace.lost()
    if (!isNews && lost === this.state.lost) return
    this.change({ roots: [], because, lost })
    if (!this.isHeld) this.tellDoubt()
  }

  private tellDoubt(): void {
    const { because } = this.state
    log('warn', 'written blocks are not known', { disk: this.disk.index, because })
  }

  /** From now to `release` nothing is written to a file: file systems are about to be frozen. */
  hold(): void {
    this.file.flush()
    this.file.setDraining(true)
    this.isHeld = true
  }

  /** While held: hands over what was written, as `more` does. */
  heldTake(): BlockBits {
    this.drain()
    const blocks = this.file.current.copy()
    this.file.taken.addAll(blocks)
    this.file.current.clear()
    return blocks
  }

  /** While held: what was written since `heldTake`. */
  heldNews(): BlockBits {
    this.drain()
    return this.file.current
  }

  /** What `heldTake` has handed over was not copied after all. */
  putBack(blocks: BlockBits): void {
    this.file.current.addAll(blocks)
  }

  /** Whether no doubt has come up since this era and the kernel records yet: that nothing is told means nothing else. */
  isOf(era: number): boolean {
    return this.era === era && this.trace.isRecording()
  }

  release(): void {
    if (!this.isHeld) return
    this.isHeld = false
    this.file.writeAll()
    this.file.setState(this.state)
    this.file.setDraining(false)
  }

  /** Whether it has come to its end: then it knows nothing any more. */
  get isOver(): boolean {
    return this.isClosed
  }

  /** The kernel goes on recording, and the map stays for whoever comes next. Repeatable. */
  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.trace.close()
    this.file.close()
  }

  private doubtAbout(root: string | undefined): string | undefined {
    if (this.state.roots.length === 0) return this.state.because
    if (root !== undefined && this.state.roots.includes(root)) return undefined
    return 'the agent has no manifest of the last sync that it can believe'
  }

  private change(change: Partial<DirtyState>): void {
    this.state = { ...this.state, ...change }
    if (!this.isHeld) this.file.setState(this.state)
  }

  private facts(): TracedDisk {
    const traced = tracedDisk(this.disk)
    if ('because' in traced) throw new Error(traced.because)
    return traced
  }

  private firstState(because: string): DirtyState {
    const { identity, sizeBytes } = this.disk
    const { device, sequence } = this.traced
    const { instance } = this.place
    return { boot: bootId(), instance, device, sequence, identity, sizeBytes, lost: 0, roots: [], because }
  }

  private recall(): Known | { readonly problem: string } {
    const known = DirtyFile.recall(this.place.file)
    if ('problem' in known) return known
    const { file, state } = known
    const other = differenceOf(state, this.firstState(''))
    const trace = other
      ? undefined
      : TraceInstance.adopt(this.place.tracefs, this.place.instance, this.traced.device)
    const problem = other ?? (trace === undefined ? "the kernel's record of writes was gone" : undefined)
    if (trace === undefined || problem !== undefined) {
      file.close()
      return { problem: problem ?? '' }
    }
    return { trace, file, state }
  }

  /** Begins anew when disk or record are not what they were; it is over when it cannot. */
  private prove(): void {
    const traced = this.facts()
    const problem =
      traced.device !== this.traced.device || traced.sequence !== this.traced.sequence
        ? 'the disk was replaced by another one'
        : this.trace.isRecording()
          ? undefined
          : "the kernel's record of writes was gone"
    if (problem === undefined) return
    log('warn', 'change tracking begins anew', { disk: this.disk.index, because: problem })
    this.era = ++eras
    this.close()
    this.traced = traced
    ;({ trace: this.trace, file: this.file, state: this.state } = this.anew(problem))
    this.isClosed = false
  }

  /** The map first: killed in between, an old one must not be taken for that of a new record. */
  private anew(because: string): Known {
    const state = this.firstState(because)
    const file = DirtyFile.begin(this.place.file, state)
    const { tracefs, instance } = this.place
    try {
      return { state, file, trace: TraceInstance.begin(tracefs, instance, this.traced.device) }
    } catch (problem) {
      file.close()
      throw problem
    }
  }

  private drain(): void {
    if (!this.isHeld) this.file.setDraining(true)
    let isWhole = false
    try {
      isWhole = !this.trace.take((ended) => this.note(ended))
    } catch (problem) {
      log('error', "the kernel's record of writes cannot be read", { because: wordsOf(problem) })
    }
    if (!this.isHeld) this.file.flush()
    const lost = this.trace.lost()
    if (lost !== this.state.lost) this.doubt(`the kernel lost ${lost - this.state.lost} records of writes`)
    else if (!isWhole) this.doubt("the kernel's record of writes had a gap")
    // Last: killed before, the doubt would be forgotten.
    if (!this.isHeld) this.file.setDraining(false)
  }

  private note({ sector, sectors, operation }: Ended): void {
    if (sectors === 0 || sector < 0) return
    if (operation.startsWith('D') && this.traced.discardsRanges)
      this.doubt('of a discard of several ranges the kernel tells only one')
    const first = Math.floor((sector * SECTOR_BYTES) / BLOCK_BYTES)
    const last = Math.floor(((sector + sectors) * SECTOR_BYTES - 1) / BLOCK_BYTES)
    const blocks = blocksOf(this.disk.sizeBytes)
    if (first < blocks) this.file.add(first, Math.min(last + 1, blocks))
  }
}
