/**
 * The dirty map of a disk, in a file: which blocks were written since the manifest of a known root.
 *
 *   0      1 while events are being taken from the kernel and are not in the map yet
 *   16     JSON (`DirtyState`), filled up with blanks
 *   4096   `current`: written since the last sync began, or its last pass
 *   …      `taken`: handed to a sync that has not ended well yet; begins at a multiple of 4096
 *
 * The map is `current` and `taken` together. Nothing is ever made durable: what survives a crash of the agent does so
 * in the page cache, and a reboot is told by the boot's id. Whatever instant the agent is killed at, the map holds too
 * much rather than too little, or the first byte says that it may hold too little.
 */
import { closeSync, constants, existsSync, ftruncateSync, openSync, readSync } from 'node:fs'
import { writeAll } from '../../protocol/durable.ts'
import { blocksOf } from '../../protocol/geometry.ts'
import { BlockBits } from './block-bits.ts'

const STATE_AT = 16
const PAGE = 4096

export interface DirtyState {
  /** The boot that the kernel's record is of. */
  readonly boot: string
  readonly instance: string
  readonly device: number
  readonly sequence: string
  readonly identity: string
  readonly sizeBytes: number
  /** Events that the kernel had lost when this was written. */
  readonly lost: number
  /** Roots that the map is relative to: two while a sync ends, none when it is not to be trusted. */
  readonly roots: readonly string[]
  /** Why there is none. */
  readonly because: string
}

/** Checked by hand: the thread that keeps the maps does without a schema library, which every thread would hold. */
function isDirtyState(state: unknown): state is DirtyState {
  if (typeof state !== 'object' || state === null) return false
  const fields = new Map(Object.entries(state))
  const are = (type: 'string' | 'number', ...names: (keyof DirtyState)[]): boolean =>
    names.every((name) => typeof fields.get(name) === type)
  const roots: unknown = fields.get('roots')
  return (
    are('string', 'boot', 'instance', 'sequence', 'identity', 'because') &&
    are('number', 'device', 'sizeBytes', 'lost') &&
    Array.isArray(roots) &&
    roots.length <= 2 &&
    roots.every((root) => typeof root === 'string')
  )
}

export class DirtyFile {
  readonly current: BlockBits
  readonly taken: BlockBits
  private readonly fd: number
  private readonly takenAt: number
  /** Pages of `current` that are not written yet. */
  private readonly unwritten = new Set<number>()

  private constructor(fd: number, sizeBytes: number) {
    this.fd = fd
    const blocks = blocksOf(sizeBytes)
    const bytes = Math.ceil(BlockBits.bytesFor(blocks) / PAGE) * PAGE
    this.takenAt = PAGE + bytes
    this.current = new BlockBits(new Uint8Array(bytes))
    this.taken = new BlockBits(new Uint8Array(bytes))
  }

  /** A map without a block in it. */
  static begin(path: string, state: DirtyState): DirtyFile {
    const file = new DirtyFile(openSync(path, 'w+', 0o600), state.sizeBytes)
    ftruncateSync(file.fd, file.takenAt + file.taken.bytes.length)
    file.setState(state)
    return file
  }

  /** The map as the last agent left it, or why it is of no use. */
  static recall(path: string): { file: DirtyFile; state: DirtyState } | { readonly problem: string } {
    if (!existsSync(path)) return { problem: 'change tracking began after the last sync' }
    const fd = openSync(path, constants.O_RDWR)
    const head = Buffer.alloc(PAGE)
    readSync(fd, head, 0, PAGE, 0)
    const state = stateIn(head)
    const problem =
      state === undefined
        ? 'the record of written blocks cannot be read'
        : head[0] !== 0
          ? 'the agent was ended while it took writes from the kernel'
          : undefined
    if (state === undefined || problem !== undefined) {
      closeSync(fd)
      return { problem: problem ?? '' }
    }
    const file = new DirtyFile(fd, state.sizeBytes)
    readSync(fd, file.current.bytes, 0, file.current.bytes.length, PAGE)
    readSync(fd, file.taken.bytes, 0, file.taken.bytes.length, file.takenAt)
    return { file, state }
  }

  /** Less than a page, written at once: a kill leaves the old state or the new one. */
  setState(state: DirtyState): void {
    const bytes = Buffer.alloc(PAGE - STATE_AT, ' ')
    bytes.write(JSON.stringify(state))
    this.put(bytes, STATE_AT)
  }

  /** Says that events are in flight between the kernel and the map. */
  setDraining(isDraining: boolean): void {
    this.put(Uint8Array.of(isDraining ? 1 : 0), 0)
  }

  /** Notes written blocks, `to` excluded. They are in the file after `flush`. */
  add(from: number, to: number): void {
    this.current.addRange(from, to)
    for (let page = Math.floor(from / 8 / PAGE); page <= Math.floor((to - 1) / 8 / PAGE); page++)
      this.unwritten.add(page)
  }

  flush(): void {
    for (const page of this.unwritten)
      this.put(this.current.bytes.subarray(page * PAGE, (page + 1) * PAGE), PAGE + page * PAGE)
    this.unwritten.clear()
  }

  /** Moves `current` over into `taken`; returns what was moved. Killed in between, both hold it. */
  shift(): BlockBits {
    const moved = this.current.copy()
    this.taken.addAll(moved)
    this.put(this.taken.bytes, this.takenAt)
    this.current.clear()
    this.unwritten.clear()
    this.put(this.current.bytes, PAGE)
    return moved
  }

  /** Writes both maps as they are in memory. */
  writeAll(): void {
    this.put(this.taken.bytes, this.takenAt)
    this.put(this.current.bytes, PAGE)
    this.unwritten.clear()
  }

  forgetTaken(): void {
    this.taken.clear()
    this.put(this.taken.bytes, this.takenAt)
  }

  close(): void {
    closeSync(this.fd)
  }

  private put(bytes: Uint8Array, at: number): void {
    writeAll(this.fd, bytes, at)
  }
}

/** Why a map that an earlier agent left is not about what is here now; undefined when it is. */
export function differenceOf(then: DirtyState, now: DirtyState): string | undefined {
  if (then.boot !== now.boot) return 'the server was restarted'
  if (then.sizeBytes !== now.sizeBytes || then.identity !== now.identity)
    return 'the disk was replaced by another one'
  if (then.device !== now.device || then.sequence !== now.sequence)
    return 'the disk was replaced by another one'
  return then.instance === now.instance ? undefined : "the agent's home was moved"
}

function stateIn(head: Buffer): DirtyState | undefined {
  try {
    const state: unknown = JSON.parse(head.toString('utf8', STATE_AT))
    return isDirtyState(state) ? state : undefined
  } catch {
    return undefined
  }
}
