/**
 * From a disk that is written to while it is copied, to one instant of it: passes over what was written meanwhile until
 * little is left; that is read while writes are held, and sent when they go on.
 */
import type { SyncInstant } from '../../protocol/control.ts'
import { BLOCK_BYTES } from '../../protocol/geometry.ts'
import type { Course } from '../course.ts'
import { BlockBits } from '../tracking/block-bits.ts'
import type { Tracking } from '../tracking/tracking.ts'
import { nextStep, type HoldLimits } from './decide.ts'

/** How often writes are held for one image at most. */
const HOLDS = 2

const fuzzy = (because: string): SyncInstant => ({ kind: 'fuzzy', because: because.slice(0, 200) })

/** Returns what the image will be. Throws what a pass throws. */
export async function converge(course: Course): Promise<SyncInstant> {
  const { hold, tracking, clone } = course.place
  if (hold === null) return fuzzy('writes are not to be held for this job')
  if (clone !== undefined) return { kind: 'consistent', at: clone.at, heldMs: clone.heldMs }
  for (const [place, { source }] of course.disks.entries()) {
    const { era, because } = course.knownOf(place)
    if (era === undefined || tracking === undefined)
      return fuzzy(`what is written to disk ${source.index} meanwhile is not known: ${because}`)
  }
  try {
    return tracking === undefined ? fuzzy('nothing is tracked') : await follow(course, tracking, hold)
  } catch (problem) {
    return fuzzy(course.trackingFailed(problem))
  }
}

async function follow(course: Course, tracking: Tracking, limits: HoldLimits): Promise<SyncInstant> {
  const { progress } = course.place
  const indices = course.disks.map(({ source }) => source.index)
  let before: number | undefined
  let holds = 0
  for (let passes = 1; !progress.isStopped(); passes++) {
    // What is only in memory yet would be written out while writes are held.
    await tracking.ask('writeOut', indices)
    const written = await Promise.all(indices.map((index) => tracking.ask('peek', index)))
    const bytes = written.reduce((sum, bits) => sum + new BlockBits(bits).count() * BLOCK_BYTES, 0)
    const step = nextStep({ bytes, before, passes, bytesPerSecond: readRate(course) }, limits)
    if (typeof step === 'object') return fuzzy(step.because)
    if (step === 'freeze') {
      const instant = await hold(course, tracking, limits)
      if (instant !== 'again') return instant
      if (++holds >= HOLDS)
        return fuzzy('writes come too fast: too much was left each time when they were held')
    }
    const more = await Promise.all(
      indices.map((index, place) => tracking.ask('more', index, course.knownOf(place).era ?? -1)),
    )
    // Also after a doubt about one disk: what was handed over of the others counts as copied when the order ends.
    await course.pass(more.map(({ bits }) => ({ blocks: bits, held: null })))
    const doubt = more.find(({ because }) => because !== undefined)
    if (doubt !== undefined) return fuzzy(`a doubt came up meanwhile: ${doubt.because}`)
    before = bytes
  }
  return fuzzy('the sync was stopped')
}

/** How fast one thread of this order reads its disks; null while nothing was read. */
function readRate({ place: { progress } }: Course): number | null {
  const us = progress.get('readUs')
  return us === 0 ? null : (progress.get('readBytes') / us) * 1e6
}

/** `again`: too much was left, another pass may help. */
async function hold(course: Course, tracking: Tracking, limits: HoldLimits): Promise<SyncInstant | 'again'> {
  const disks = course.disks.map(({ source }, place) => ({
    disk: source.index,
    era: course.knownOf(place).era ?? -1,
  }))
  const instant = await tracking.ask('instant', disks, limits)
  if ('because' in instant) return instant.again ? 'again' : fuzzy(instant.because)
  await course.pass(
    instant.disks.map((held, place) => {
      const blocks = BlockBits.empty(Math.ceil((course.disks[place]?.source.sizeBytes ?? 0) / BLOCK_BYTES))
      for (const block of held.blocks) blocks.add(block)
      return { blocks: blocks.bytes, held }
    }),
  )
  return { kind: 'consistent', at: instant.at, heldMs: instant.heldMs }
}
