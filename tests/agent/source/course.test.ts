import { describe, expect, it } from 'vitest'
import { DIGEST_BYTES } from '../../../agent/protocol/digest.ts'
import { BLOCK_BYTES, GROUP_BYTES } from '../../../agent/protocol/geometry.ts'
import { Course, type CourseDisk } from '../../../agent/source/course.ts'
import type { OpenDisk } from '../../../agent/source/open-disk.ts'
import type { Pass } from '../../../agent/source/order-messages.ts'
import { Progress } from '../../../agent/source/progress.ts'
import { isWanted } from '../../../agent/source/selection.ts'
import { BlockBits } from '../../../agent/source/tracking/block-bits.ts'

/** A disk of one group of which the receiver has something, and of which it is not known what lies here. */
function unknownDisk(index: number): CourseDisk {
  const theirs = new SharedArrayBuffer(DIGEST_BYTES)
  new Uint8Array(theirs).fill(7)
  return {
    source: { index, path: `/disk-${index}`, kind: 'file', sizeBytes: GROUP_BYTES, identity: 'a disk' },
    path: `/disk-${index}.manifest`,
    cached: undefined,
    theirs,
    own: new SharedArrayBuffer(DIGEST_BYTES),
  }
}

describe('a pass over one disk of several', () => {
  it('compares nothing of the others, also of one whose writes are not known', async () => {
    const disks = [unknownDisk(0), unknownDisk(1)]
    const wanted: boolean[] = []
    const pass = ({ disks: passes }: Pass): Promise<[]> => {
      for (const [i, disk] of disks.entries())
        wanted.push(isWanted({ disk, pass: passes[i] } as unknown as OpenDisk, 0))
      return Promise.resolve([])
    }
    const progress = Progress.forDisks(disks.length)
    const course = new Course(disks, {
      ...{ tracking: undefined, looksOnly: true, hold: null, clone: undefined },
      progress,
      pass,
    })
    const blocks = BlockBits.empty(GROUP_BYTES / BLOCK_BYTES)
    blocks.add(3)

    await course.passOver(0, blocks.bytes)

    expect(wanted).toEqual([true, false])
  })
})
