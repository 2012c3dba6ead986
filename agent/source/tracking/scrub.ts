/**
 * What no write was seen of is compared all the same, a slice after each sync: a write that the kernel did not tell of
 * would else stay unseen for ever. In the background, since it takes as long as the disk is large; whoever waits for the
 * sync, or for the next one, does not wait for it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { blocksOf, GROUP_BLOCKS, groupsOf } from '../../protocol/geometry.ts'
import { log } from '../../protocol/log.ts'
import type { Course } from '../course.ts'
import { BlockBits } from './block-bits.ts'
import type { Tracking } from './tracking.ts'

/** Groups that are compared at once: between two such chunks the time is looked at. */
const CHUNK_GROUPS = 2
/** After one sync it goes on at most so long, in milliseconds. */
const SCRUB_MS = 60_000
/** One of so many slices of a disk, unless FERRY_SCRUB says otherwise; 0: none. */
const SLICES = 64
/** How often, and how many milliseconds apart, a record of a write is waited for whose effect was seen. */
const [LOOKS, LOOK_MS] = [5, 200]

function slices(): number {
  const asked = Number(process.env['FERRY_SCRUB'] ?? SLICES)
  return Number.isInteger(asked) && asked >= 0 ? asked : SLICES
}

/** Groups of the slice that begins with `first`, in chunks, round the disk. At least one group, unless `slices` is 0. */
export function sliceFrom(first: number, groups: number, slices: number): number[][] {
  const count = slices === 0 ? 0 : Math.ceil(groups / slices)
  const slice = Array.from({ length: count }, (_, i) => (first + i) % groups)
  return Array.from({ length: Math.ceil(count / CHUNK_GROUPS) }, (_, i) =>
    slice.slice(i * CHUNK_GROUPS, (i + 1) * CHUNK_GROUPS),
  )
}

/** Compares the next slice of each disk of which only written blocks would be compared now. */
export async function scrub(course: Course): Promise<void> {
  const { tracking, progress } = course.place
  if (tracking === undefined) return
  const until = performance.now() + SCRUB_MS
  for (const [place, { source, path }] of course.disks.entries()) {
    if (course.knownOf(place).because !== undefined) continue
    const groups = groupsOf(source.sizeBytes)
    for (const chunk of sliceFrom(readPlace(path, groups), groups, slices())) {
      if (progress.isStopped() || performance.now() > until) return
      const found = await course.passOver(place, blocksIn(chunk, source.sizeBytes))
      if (progress.isStopped()) return
      writePlace(path, ((chunk.at(-1) ?? 0) + 1) % groups)
      const [unseen] = await unseenOf(
        tracking,
        source.index,
        found.map(({ block }) => block),
      )
      if (unseen === undefined) continue
      const because = `WRITE_UNSEEN: block ${unseen} differed and no write to it was recorded`
      log('error', 'a write was not recorded: the next sync compares every block', {
        ...{ disk: source.index, block: unseen },
      })
      await tracking.ask('doubt', source.index, because)
      break
    }
  }
}

/** Blocks that differed and of which no write is known, however long its record is waited for. */
async function unseenOf(
  tracking: Tracking,
  disk: number,
  blocks: readonly number[],
): Promise<readonly number[]> {
  let unseen = blocks
  for (let look = 0; unseen.length > 0 && look < LOOKS; look++) {
    if (look > 0) await pause(LOOK_MS)
    const written = new BlockBits((await tracking.ask('look', disk, undefined)).bits)
    unseen = unseen.filter((block) => !written.has(block))
  }
  return unseen
}

function blocksIn(groups: readonly number[], sizeBytes: number): Uint8Array {
  const blocks = blocksOf(sizeBytes)
  const bits = BlockBits.empty(blocks)
  for (const group of groups)
    bits.addRange(group * GROUP_BLOCKS, Math.min(blocks, (group + 1) * GROUP_BLOCKS))
  return bits.bytes
}

const placePath = (manifest: string): string => manifest.replace(/\.manifest$/, '.scrub')

/** The group that the next slice begins with. Where that cannot be read it is the first: nothing rests on it. */
function readPlace(manifest: string, groups: number): number {
  try {
    const group = Number(readFileSync(placePath(manifest), 'utf8'))
    return Number.isInteger(group) && group >= 0 ? group % groups : 0
  } catch {
    return 0
  }
}

function writePlace(manifest: string, group: number): void {
  writeFileSync(placePath(manifest), String(group), { mode: 0o600 })
}
