/**
 * One point in time: holds writes for as long as it takes to read what is left into memory. Runs in the tracking
 * thread, where the events are, and waits for no other thread while writes are held; nothing is written or logged then,
 * since the file that it would go to may be on a file system that is frozen.
 *
 * That the disks hold one instant is not taken on trust: the kernel's record shows whether anything was written to
 * them while the rest was read, by whatever does not go through a file system that was frozen.
 */
import { closeSync, openSync, realpathSync } from 'node:fs'
import { basename } from 'node:path'
import type { SourceDisk } from '../../protocol/control.ts'
import { BLOCK_BYTES, blocksOf } from '../../protocol/geometry.ts'
import { log, wordsOf } from '../../protocol/log.ts'
import { Extents } from '../extents.ts'
import type { DiskTracker } from '../tracking/disk-tracker.ts'
import type { HoldLimits } from './decide.ts'
import { fileSystemsOn, swapOn } from './file-systems.ts'
import { FreezerLost, Frozen } from './frozen.ts'
import { readHeld, type HeldMemory } from './held-blocks.ts'
import { Hooks } from './hooks.ts'
import { fileSystemCalls } from './ioctl.ts'
import { forgetFreezing, thawAll } from './left-behind.ts'
import { formatMib } from './words.ts'
import type { BlockBits } from '../tracking/block-bits.ts'

/** Of the time that writes may be held, the share that reading gets: thawing takes a moment, too. */
const READING_SHARE = 0.8

/** A disk of an instant. */
export interface InstantDisk {
  readonly tracker: DiskTracker
  /** Of the comparison that is under way. */
  readonly era: number
}

/** What was read, in the order of the disks; or why there is no instant. Everything is thawed either way. */
export type Instant =
  | { readonly at: string; readonly heldMs: number; readonly disks: readonly HeldMemory[] }
  | {
      readonly because: string
      /** Whether there may be one after another pass: too much was left. */
      readonly again: boolean
    }

/** More was left than may be read while writes are held. */
class TooMuch extends Error {}

const nameOf = (disk: SourceDisk): string => basename(realpathSync(disk.path))

/** Places of the file systems on these disks. */
const pathsOn = (disks: readonly SourceDisk[]): string[] =>
  fileSystemsOn(disks.map(nameOf)).map(({ path }) => path)

/** Writes out what is only in memory yet of the file systems on these disks: what is read from them is as of now. */
export async function writeOut(disks: readonly SourceDisk[]): Promise<void> {
  const calls = await fileSystemCalls()
  for (const path of pathsOn(disks)) {
    const fd = openSync(path, 'r')
    try {
      await calls.sync(fd, path)
    } finally {
      closeSync(fd)
    }
  }
}

/** `notes`: a directory for what must outlive us. Not repeatable: what it hands over counts as handed over. Never throws. */
export async function takeInstant(
  disks: readonly InstantDisk[],
  limits: HoldLimits,
  notes: string,
): Promise<Instant> {
  const hooks = new Hooks(notes)
  try {
    const problem = await hooks.before()
    return problem === undefined
      ? await frozenInstant(disks, limits, notes)
      : { because: problem, again: false }
  } catch (problem) {
    return { because: wordsOf(problem), again: problem instanceof TooMuch }
  } finally {
    for (const problem of await hooks.after())
      log('warn', 'writes go on, but not all is as before', { problem })
  }
}

async function frozenInstant(
  disks: readonly InstantDisk[],
  limits: HoldLimits,
  notes: string,
): Promise<Instant> {
  const sources = disks.map(({ tracker }) => tracker.disk)
  const paths = pathsOn(sources)
  // The less is left to be written out, the shorter freezing takes.
  await writeOut(sources)
  const frozen = paths.length === 0 ? undefined : await Frozen.ready(paths, notes)
  let held: HeldDisks | undefined
  try {
    held = new HeldDisks(disks)
    const begin = performance.now()
    const at = new Date().toISOString()
    await frozen?.freeze(limits.mostMs)
    held.read(limits, begin + limits.mostMs * READING_SHARE)
    const { heldMs, isLate } = (await frozen?.thaw()) ?? { heldMs: 0, isLate: false }
    if (isLate) throw new Error(tooLong(limits))
    held.isCopied = true
    return { at, heldMs, disks: held.memory }
  } catch (problem) {
    if (problem instanceof FreezerLost) {
      await thawAll(paths)
      frozen?.kill()
    }
    await frozen?.end()
    if (frozen) forgetFreezing(notes, frozen.pid)
    throw problem
  } finally {
    held?.release()
  }
}

const tooLong = ({ mostMs }: HoldLimits): string =>
  `reading the rest took longer than the ${mostMs} ms that writes may be held`

/** The disks while writes are held: nothing here waits for anything but them, and nothing is written. */
class HeldDisks {
  readonly memory: HeldMemory[] = []
  /** What was handed over is on its way; else it is put back. */
  isCopied = false
  private readonly disks: readonly (InstantDisk & {
    readonly extents: Extents
    readonly swap: ReturnType<typeof swapOn>
  })[]
  private taken: readonly BlockBits[] = []

  constructor(disks: readonly InstantDisk[]) {
    this.disks = disks.map((disk) => {
      const source = disk.tracker.disk
      return { ...disk, extents: new Extents(source), swap: swapOn(nameOf(source)) }
    })
    for (const { tracker } of disks) tracker.hold()
  }

  /** Throws what keeps this from being an instant. */
  read(limits: HoldLimits, deadline: number): void {
    this.stillOne()
    this.taken = this.disks.map(({ tracker }) => tracker.heldTake())
    const bytes = this.taken.reduce((sum, blocks) => sum + blocks.count() * BLOCK_BYTES, 0)
    if (bytes > limits.mostBytes)
      throw new TooMuch(
        `${formatMib(bytes)} were left when writes were held, more than the ${formatMib(limits.mostBytes)} that may be`,
      )
    for (const [i, { extents }] of this.disks.entries()) {
      const blocks = this.taken[i]
      const held = blocks && readHeld(extents, blocks, deadline)
      if (held === undefined) throw new Error(tooLong(limits))
      this.memory.push(held)
    }
    for (const { tracker, swap } of this.disks) {
      const written = outside(swap, tracker.heldNews(), tracker.disk.sizeBytes)
      this.stillOne()
      if (written > 0)
        throw new Error(
          `${written} blocks of disk ${tracker.disk.index} were written past the file systems that were frozen`,
        )
    }
  }

  /** Asked before anything is handed over, too: hooks take their time, and another sync may have begun. */
  private stillOne(): void {
    for (const { tracker, era } of this.disks)
      if (!tracker.isOf(era)) throw new Error('a doubt came up about what was written meanwhile')
  }

  release(): void {
    for (const [i, { tracker, extents }] of this.disks.entries()) {
      const blocks = this.taken[i]
      if (!this.isCopied && blocks) tracker.putBack(blocks)
      tracker.release()
      extents.close()
    }
  }
}

/** How many blocks of a set lie outside of some parts of the disk. */
function outside(parts: ReturnType<typeof swapOn>, blocks: BlockBits, sizeBytes: number): number {
  let count = 0
  for (const { first } of blocks.runs(0, blocksOf(sizeBytes), 1)) {
    const [from, to] = [first * BLOCK_BYTES, (first + 1) * BLOCK_BYTES]
    if (!parts.some((part) => part.from <= from && to <= part.to)) count++
  }
  return count
}
