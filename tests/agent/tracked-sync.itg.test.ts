import { execFileSync } from 'node:child_process'
import { closeSync, constants, existsSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { alignedBuffer } from '../../agent/protocol/aligned.ts'
import type { AgentReport } from '../../agent/protocol/control.ts'
import { BLOCK_BYTES } from '../../agent/protocol/geometry.ts'
import { EstimateResult } from '../../agent/protocol/tasks.ts'
import { findTracefs, instanceName } from '../../agent/source/tracking/tracefs.ts'
import { TraceInstance } from '../../agent/source/tracking/trace-instance.ts'
import { LoopDisk, loopObstacle } from '../support/loop-disk.ts'
import { bundles, MIB, Program, Stage, until } from '../support/machines.ts'

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

const isSame = (disk: LoopDisk, stage: Stage, place = 0): boolean => {
  execFileSync('cmp', [disk.file, stage.target(place)])
  return true
}

interface Staged {
  readonly disk: LoopDisk
  readonly disks: readonly LoopDisk[]
  readonly stage: Stage
  /** Starts the agent, again if need be. */
  readonly agent: (env?: Record<string, string>) => Promise<Program>
}

async function staged(sizeBytes: number, more: readonly number[] = []): Promise<Staged> {
  const disk = new LoopDisk(sizeBytes)
  open.push(disk)
  const disks = [disk]
  for (const size of more) {
    const another = new LoopDisk(size)
    open.push(another)
    disks.push(another)
  }
  const stage = await Stage.open({
    disks: [sizeBytes, ...more],
    sources: disks.map(({ device }) => device),
  })
  // An agent that is gone leaves its record in the kernel for the next one; this one has none.
  const home = join(stage.path, 'agent')
  let instances: readonly string[] = []
  open.push({ close: () => instances.forEach((name) => TraceInstance.remove(findTracefs() ?? '', name)) })
  open.push(stage)
  await stage.receiver()
  const agent = async (env: Record<string, string> = {}): Promise<Program> => {
    const program = await stage.agent({ FERRY_SCRUB: '0', ...env })
    await until('the home', () => existsSync(home))
    instances = disks.map((_, place) => instanceName(home, place))
    return program
  }
  return { disk, disks, stage, agent }
}

/** What of the disk the agent would have to send now, without sending it. */
async function estimated(stage: Stage, task: string, root: string | null): Promise<EstimateResult> {
  stage.bot.task = {
    ...{ task, agent: stage.bot.machine('code-1')?.id ?? '', kind: 'estimate' },
    ...{ expiresAt: Date.now() + 60_000 },
    params: {
      disks: (stage.bot.orders.at(-1)?.disks ?? []).map(({ index, path, identity, sizeBytes }) => ({
        ...{ index, path, identity, sizeBytes, root },
      })),
    },
  }
  const { result } = await until('the estimate', () =>
    stage.bot.taskReports.find((report) => report.task === task && report.status !== 'working'),
  )
  return EstimateResult.parse(result)
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

  it('compares every block, and says so, where the kernel lets nobody trace', async () => {
    const { disk, stage } = await staged(8 * MIB)
    const { agent } = await bundles()
    // Without the right to mount it, in a namespace in which it is not mounted.
    const hidden = '/sys/kernel/tracing'
    const script = `mount -t tmpfs nodev ${hidden} && { mount -t tmpfs nodev /sys/kernel/debug || true; } && exec setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$@"`
    const home = join(stage.path, 'agent')
    const args = ['--server', stage.bot.url, '--code', 'code-1', '--home', home, '--disk', disk.device]
    const command = ['--mount', 'sh', '-c', script, 'sh', process.execPath, agent, ...args]
    stage.started(new Program('unshare', command, {}))

    const report = await stage.sync({ holdMs: 2000 })

    const because = "the kernel's tracing is not available"
    expect(report).toMatchObject({
      ...{ status: 'done', comparison: `every block: ${because}` },
      instant: {
        kind: 'fuzzy',
        because: `what is written to disk 0 meanwhile is not known: ${because}`,
      },
    })
  })

  it('is estimated from what was written, which the sync still knows', async () => {
    const { disk, stage, agent } = await staged(300 * MIB)
    await agent()
    const before = await stage.sync()
    put(disk.device, 9 * BLOCK_BYTES, 1)
    put(disk.device, 290 * MIB, 2)

    const found = await estimated(stage, 'first', before.disks[0]?.root ?? null)

    const bytes = 2 * BLOCK_BYTES
    expect(found).toMatchObject({
      comparison: 'only written blocks, 2 of 4800',
      disks: [{ totalBytes: 300 * MIB, comparedBytes: bytes, changedBytes: bytes, isKnown: true }],
    })
    put(disk.device, 100 * MIB, 3)
    expect(await estimated(stage, 'second', null)).toMatchObject({
      comparison: 'only written blocks, 3 of 4800',
    })
    const report = await stage.sync()
    expect(report.comparison).toBe('only written blocks, 3 of 4800')
    expect(isSame(disk, stage)).toBe(true)
  })

  it('loses no block of any disk when tracking of one of them fails in its middle', async () => {
    const { disks, stage, agent } = await staged(200 * MIB, [100 * MIB])
    const [first, second] = disks as [LoopDisk, LoopDisk]
    const program = await agent()
    await stage.sync()
    for (let i = 0; i < 16; i++) put(first.device, i * 10 * MIB, i + 1, MIB)
    const order = await stage.order({ bytesPerSecond: 8 * MIB, compression: 'off', holdMs: 2000 })
    await until('progress', () => (stage.bot.agentReports.at(-1)?.disks[0]?.appliedBytes ?? 0) > 2 * MIB)
    put(first.device, 199 * MIB, 1)
    put(second.device, 99 * MIB, 1)
    // Its record is off, and while somebody else has it open it cannot be begun anew.
    const record = join(findTracefs() ?? '', 'instances', instanceName(join(stage.path, 'agent'), 1))
    const held = openSync(join(record, 'per_cpu/cpu0/trace_pipe_raw'), 'r')
    writeFileSync(join(record, 'tracing_on'), '0')
    put(second.device, 98 * MIB, 1)

    const report = await stage.ended(order)

    expect(report).toMatchObject({ status: 'done', instant: { kind: 'fuzzy' } })
    expect(program.log).toContain('tracking failed during a sync')
    closeSync(held)
    const next = await stage.sync()
    expect(next.comparison).toMatch(
      /^disk 0: only written blocks, 25\d of 3200; disk 1: every block: the kernel's record of writes was gone$/,
    )
    expect(isSame(first, stage) && isSame(second, stage, 1)).toBe(true)
    expect((await stage.sync()).comparison).toBe(
      'disk 0: only written blocks, 0 of 3200; disk 1: only written blocks, 0 of 1600',
    )
  })

  it('finds in the background what the kernel did not tell, and the next one says so and compares everything', async () => {
    const { disk, stage, agent } = await staged(300 * MIB)
    const program = await agent({ FERRY_SCRUB: '1' })
    await stage.sync()
    // Behind the back of the block device.
    const fd = openSync(disk.file, 'r+')
    for (const block of [10, 4000]) writeSync(fd, Buffer.alloc(100, 'x'), 0, 100, block * BLOCK_BYTES)
    closeSync(fd)

    // The slice behind the first sync may still come across them; else the one behind the second does.
    const next = await stage.sync()
    await until('the find', () => program.log.includes('a write was not recorded'))
    const isFoundBefore = next.comparison.startsWith('every block')
    const report = isFoundBefore ? next : await stage.sync()

    expect(next.comparison).toBe(isFoundBefore ? report.comparison : 'only written blocks, 0 of 4800')
    expect(report.comparison).toMatch(
      /^every block: WRITE_UNSEEN: block (10|4000) differed and no write to it was recorded$/,
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
