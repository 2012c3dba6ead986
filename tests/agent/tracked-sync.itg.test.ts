import { execFileSync } from 'node:child_process'
import { closeSync, constants, existsSync, openSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { alignedBuffer } from '../../agent/protocol/aligned.ts'
import { BLOCK_BYTES } from '../../agent/protocol/control.ts'
import { findTracefs } from '../../agent/source/tracking/tracefs.ts'
import { LoopDisk, loopObstacle } from '../support/loop-disk.ts'
import { MIB, Stage, type Program } from '../support/machines.ts'

const obstacle = loopObstacle()
const open: { close: () => unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
  // An agent that is gone leaves its record in the kernel for the next one.
  const instances = join(findTracefs() ?? '', 'instances')
  for (const name of existsSync(instances) ? readdirSync(instances) : [])
    if (name.startsWith('ferry-') && !name.startsWith('ferry-test-'))
      execFileSync('rmdir', [join(instances, name)])
})

/** Writes past the page cache, so that it has ended when this returns. */
function put(device: string, offset: number, byte: number, bytes = 4096): void {
  const fd = openSync(device, constants.O_WRONLY | constants.O_DIRECT)
  const buffer = alignedBuffer(bytes).subarray(0, bytes).fill(byte)
  writeSync(fd, buffer, 0, bytes, offset)
  closeSync(fd)
}

const isSame = (disk: LoopDisk, stage: Stage): boolean => {
  execFileSync('cmp', [disk.file, stage.target()])
  return true
}

async function staged(
  sizeBytes: number,
  env: Record<string, string> = {},
): Promise<{ disk: LoopDisk; stage: Stage; agent: Program }> {
  const disk = new LoopDisk(sizeBytes)
  open.push(disk)
  const stage = await Stage.open({ disks: [sizeBytes], sources: [disk.device] })
  open.push(stage)
  await stage.receiver()
  return { disk, stage, agent: await stage.agent({ FERRY_SCRUB: '0', ...env }) }
}

describe.skipIf(obstacle !== undefined)('a sync of a tracked disk', () => {
  it('compares what was written and nothing else, and says so', async () => {
    const { disk, stage } = await staged(300 * MIB)
    put(disk.device, 200 * MIB, 7, MIB)
    const first = await stage.sync()
    expect(first).toMatchObject({
      status: 'done',
      comparison: 'every block: change tracking began after the last sync',
    })

    put(disk.device, 9 * BLOCK_BYTES, 1)
    put(disk.device, 290 * MIB, 2)
    const second = await stage.sync()

    expect(second).toMatchObject({ status: 'done', comparison: 'only written blocks, 2 of 4800' })
    expect(second.disks[0]).toMatchObject({
      totalBytes: 2 * BLOCK_BYTES,
      comparedBytes: 2 * BLOCK_BYTES,
      changedBytes: 2 * BLOCK_BYTES,
    })
    expect(isSame(disk, stage)).toBe(true)
    const third = await stage.sync()
    expect(third).toMatchObject({ status: 'done', comparison: 'only written blocks, 0 of 4800' })
    expect(third.disks[0]?.root).toBe(second.disks[0]?.root)
  })
})
