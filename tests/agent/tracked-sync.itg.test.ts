import { execFileSync } from 'node:child_process'
import { closeSync, constants, existsSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { alignedBuffer } from '../../agent/protocol/aligned.ts'
import { BLOCK_BYTES, type AgentReport } from '../../agent/protocol/control.ts'
import { findTracefs, instanceName } from '../../agent/source/tracking/tracefs.ts'
import { TraceInstance } from '../../agent/source/tracking/trace-instance.ts'
import { LoopDisk, loopObstacle } from '../support/loop-disk.ts'
import { bundles, MIB, Stage, until, type Program } from '../support/machines.ts'

const obstacle = loopObstacle()
const open: { close: () => unknown }[] = []
// Building them takes longer than most tests here.
beforeAll(async () => void (await bundles()))
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
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

interface Staged {
  readonly disk: LoopDisk
  readonly stage: Stage
  /** Starts the agent, again if need be. */
  readonly agent: (env?: Record<string, string>) => Promise<Program>
}

async function staged(sizeBytes: number): Promise<Staged> {
  const disk = new LoopDisk(sizeBytes)
  open.push(disk)
  const stage = await Stage.open({ disks: [sizeBytes], sources: [disk.device] })
  // An agent that is gone leaves its record in the kernel for the next one; this one has none.
  const home = join(stage.path, 'agent')
  let instance: string | undefined
  open.push({ close: () => instance && TraceInstance.remove(findTracefs() ?? '', instance) })
  open.push(stage)
  await stage.receiver()
  const agent = async (env: Record<string, string> = {}): Promise<Program> => {
    const program = await stage.agent({ FERRY_SCRUB: '0', ...env })
    instance = await until('the home', () => existsSync(home) && instanceName(home, 0))
    return program
  }
  return { disk, stage, agent }
}

const read = (report: AgentReport): number | undefined => report.disks[0]?.comparedBytes

describe.skipIf(obstacle !== undefined)('a sync of a tracked disk', () => {
  it('compares what was written and nothing else, and says so', async () => {
    const { disk, stage, agent } = await staged(300 * MIB)
    await agent()
    put(disk.device, 200 * MIB, 7, MIB)
    const first = await stage.sync()
    expect(first).toMatchObject({
      ...{ status: 'done', comparison: 'every block: change tracking began after the last sync' },
      instant: { kind: 'fuzzy', because: 'writes are not to be held for this job' },
    })

    put(disk.device, 9 * BLOCK_BYTES, 1)
    put(disk.device, 290 * MIB, 2)
    const second = await stage.sync()

    expect(second).toMatchObject({ status: 'done', comparison: 'only written blocks, 2 of 4800' })
    const bytes = 2 * BLOCK_BYTES
    expect(second.disks[0]).toMatchObject({ totalBytes: bytes, comparedBytes: bytes, changedBytes: bytes })
    expect(isSame(disk, stage)).toBe(true)
    const third = await stage.sync()
    expect(third).toMatchObject({ status: 'done', comparison: 'only written blocks, 0 of 4800' })
    expect(third.disks[0]?.root).toBe(second.disks[0]?.root)
  })

  it('reads as much of a large disk as of a small one when as much was written', async () => {
    const compared: number[] = []
    for (const sizeBytes of [128 * MIB, 1024 * MIB]) {
      const { disk, stage, agent } = await staged(sizeBytes)
      await agent()
      await stage.sync()
      for (let i = 0; i < 16; i++) put(disk.device, i * Math.floor(sizeBytes / 16 / MIB) * MIB, i + 1, MIB)
      const report = await stage.sync()
      expect(report).toMatchObject({ status: 'done', disks: [{ changedBytes: 16 * MIB }] })
      compared.push(read(report) ?? 0)
    }

    expect(compared).toEqual([16 * MIB, 16 * MIB])
  })

  it('misses nothing that is written while the agent is dead, whenever it was killed', async () => {
    const { disk, stage, agent } = await staged(96 * MIB)
    let program = await agent()
    await stage.sync()
    let full = 0

    for (let round = 0; round < 4; round++) {
      const writing = setInterval(
        () => put(disk.device, Math.floor(Math.random() * 1500) * BLOCK_BYTES, round + 1),
        5,
      )
      if (round % 2 === 1) await stage.order()
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 250))
      await program.kill()
      await new Promise((resolve) => setTimeout(resolve, 100))
      clearInterval(writing)
      program = await agent()
      const report = await stage.sync()
      expect(report).toMatchObject({ status: 'done' })
      if (report.comparison.startsWith('every block')) full++
      expect(isSame(disk, stage)).toBe(true)
    }
    // Killed in the very moment in which it took events it says so; that is rare.
    expect(full).toBeLessThan(4)
  })

  it('finds what the kernel did not tell, says so, and compares everything then', async () => {
    const { disk, stage, agent } = await staged(300 * MIB)
    await agent({ FERRY_SCRUB: '2' })
    await stage.sync()
    // Behind the back of the block device.
    const fd = openSync(disk.file, 'r+')
    for (const block of [10, 4000]) writeSync(fd, Buffer.alloc(100, 'x'), 0, 100, block * BLOCK_BYTES)
    closeSync(fd)

    const report = await stage.sync()

    expect(report.comparison).toBe(
      'every block: WRITE_UNSEEN: block 10 differed and no write to it was recorded',
    )
    expect(isSame(disk, stage)).toBe(true)
    expect((await stage.sync()).comparison).toMatch(/^only written blocks/)
  })

  it('goes on where it was when it was stopped, from what was written and what had been sent', async () => {
    const { disk, stage, agent } = await staged(300 * MIB)
    await agent()
    await stage.sync()
    for (let i = 0; i < 24; i++) put(disk.device, i * 10 * MIB, i + 1, MIB)
    await stage.order({ bytesPerSecond: 8 * MIB, compression: 'off' })
    await until('progress', () => (stage.bot.agentReports.at(-1)?.disks[0]?.appliedBytes ?? 0) > 4 * MIB)
    stage.bot.control = 'stop'
    const stopped = await until('the stop', () =>
      stage.bot.agentReports.find(({ status }) => status === 'stopped'),
    )
    stage.bot.control = 'continue'
    put(disk.device, 299 * MIB, 1)

    const report = await stage.sync()

    expect(report).toMatchObject({ status: 'done' })
    expect(report.comparison).toMatch(/^only written blocks, 385 of 4800/)
    const sent = stopped.disks[0]?.appliedBytes ?? 0
    expect(report.disks[0]?.changedBytes).toBeLessThanOrEqual(24 * MIB + BLOCK_BYTES - sent)
    expect(isSame(disk, stage)).toBe(true)
  })
})
