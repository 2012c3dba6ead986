import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { rowOffset } from '../../agent/protocol/manifest-file.ts'
import { MIB, sparse, Stage, until, type StageOptions } from '../support/machines.ts'

const open: { close: () => unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

async function staged(options: StageOptions): Promise<Stage> {
  const stage = await Stage.open(options)
  open.push(stage)
  return stage
}

function put(path: string, offset: number, bytes: Buffer): void {
  const fd = openSync(path, 'r+')
  writeSync(fd, bytes, 0, bytes.length, offset)
  closeSync(fd)
}

/** Byte equality as another program sees it. */
const isSame = (a: string, b: string): boolean => {
  execFileSync('cmp', [a, b])
  return true
}

/** A way to the receiver that counts the bytes of both directions and may be cut. */
async function countingProxy(port: number): Promise<{ port: number; bytes: () => number; cut: () => void }> {
  let bytes = 0
  const sockets = new Set<{ destroy: () => unknown }>()
  const server: Server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (!to.write(chunk)) from.pause()
      })
      to.on('drain', () => from.resume())
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => sockets.forEach((socket) => void socket.destroy())
  open.push({
    close: () => {
      cut()
      server.close()
    },
  })
  return { port: (server.address() as AddressInfo).port, bytes: () => bytes, cut }
}

describe('a sync', () => {
  it('makes the target equal in full, then sends only what changed, then nothing', async () => {
    const stage = await staged({ disks: [130 * MIB + 12_800, 3 * MIB] })
    const receiver = await stage.receiver()
    await stage.agent()
    for (let i = 0; i < 40; i++) put(stage.source(), i * 3 * MIB, randomBytes(MIB))
    put(stage.source(), 130 * MIB, randomBytes(12_800))
    put(stage.source(1), 0, randomBytes(3 * MIB))
    const proxy = await countingProxy(stage.port)
    const through = { receiver: { host: '127.0.0.1', port: proxy.port } }

    const full = await stage.sync(through)
    expect(full).toMatchObject({ status: 'done' })
    expect(isSame(stage.source(), stage.target()) && isSame(stage.source(1), stage.target(1))).toBe(true)
    expect(full.disks[0]?.changedBytes).toBe(40 * MIB + 12_800)
    expect(full.disks[0]?.appliedBytes).toBe(40 * MIB + 12_800)

    const sealed = await stage.sealed(full.epoch)
    expect(sealed.disks?.map(({ root }) => root)).toEqual(full.disks.map(({ root }) => root))

    put(stage.source(), 5 * MIB + 77, randomBytes(10))
    put(stage.source(), 0, Buffer.alloc(65_536))
    const incremental = await stage.sync({ ...through, sync: 'sync-2' })
    expect(incremental.disks[0]?.changedBytes).toBe(2 * 65_536)
    expect(isSame(stage.source(), stage.target())).toBe(true)

    const before = proxy.bytes()
    const unchanged = await stage.sync({ ...through, sync: 'sync-3' })
    expect(unchanged).toMatchObject({ status: 'done' })
    expect(unchanged.disks.every(({ changedBytes }) => changedBytes === 0)).toBe(true)
    expect(proxy.bytes() - before).toBeLessThan(8192)

    await until('a heartbeat', () => stage.bot.receiverReports.at(-1)?.status === 'alive')
    expect(stage.bot.refused).toEqual([])
    expect(receiver.exit).toBeUndefined()
  })

  it('makes holes of what was zeroed, and leaves the rest', async () => {
    const stage = await staged({ disks: [24 * MIB] })
    await stage.receiver()
    await stage.agent()
    put(stage.source(), 0, randomBytes(24 * MIB))
    await stage.sync()
    const before = statSync(stage.target()).blocks * 512
    put(stage.source(), 65_536, Buffer.alloc(20 * MIB))

    const report = await stage.sync({ sync: 'sync-2' })

    expect(report).toMatchObject({ status: 'done' })
    expect(report.disks[0]?.appliedBytes).toBe(20 * MIB)
    expect(report.wireBytes).toBeLessThan(MIB)
    expect(isSame(stage.source(), stage.target())).toBe(true)
    expect(before - statSync(stage.target()).blocks * 512).toBeGreaterThan(19 * MIB)
  })

  it('packs what packs when asked to', async () => {
    const stage = await staged({ disks: [8 * MIB] })
    await stage.receiver()
    await stage.agent()
    put(stage.source(), 0, Buffer.alloc(4 * MIB, 'all work and no play '))
    put(stage.source(), 4 * MIB, randomBytes(4 * MIB))

    const report = await stage.sync({ compression: 'on' })

    expect(report.wireBytes).toBeLessThan(5 * MIB)
    expect(isSame(stage.source(), stage.target())).toBe(true)
  })

  it('keeps to its rate', async () => {
    const stage = await staged({ disks: [8 * MIB] })
    await stage.receiver()
    await stage.agent()
    put(stage.source(), 0, randomBytes(8 * MIB))
    const order = await stage.order({ bytesPerSecond: 4 * MIB })
    const start = await until('the begin', () => stage.bot.agentReports.length > 0 && Date.now())

    const report = await stage.ended(order)

    expect(report).toMatchObject({ status: 'done' })
    expect(Date.now() - start).toBeGreaterThan(500)
    expect(stage.bot.agentReports.some(({ limitedBy }) => limitedBy === 'limit')).toBe(true)
  })

  it('takes a changed limit and changed compression at once, in mid-order', async () => {
    const stage = await staged({ disks: [24 * MIB] })
    await stage.receiver()
    await stage.agent()
    put(stage.source(), 0, Buffer.alloc(24 * MIB, randomBytes(48 * 1024).toString('hex')))
    // At this rate it would take minutes.
    const order = await stage.order({ bytesPerSecond: 100_000 })
    await until('progress', () => (stage.bot.agentReports.at(-1)?.disks[0]?.appliedBytes ?? 0) > 0)

    stage.bot.send = { bytesPerSecond: null, compression: 'on' }
    const report = await stage.ended(order, 10_000)

    expect(report).toMatchObject({ status: 'done' })
    expect(report.disks[0]?.appliedBytes).toBe(24 * MIB)
    expect(report.wireBytes).toBeLessThan(20 * MIB)
    expect(isSame(stage.source(), stage.target())).toBe(true)
  })

  it('goes on when the connections drop, and sends only the window again', async () => {
    const stage = await staged({ disks: [48 * MIB] })
    await stage.receiver()
    await stage.agent()
    put(stage.source(), 0, randomBytes(48 * MIB))
    const proxy = await countingProxy(stage.port)
    const order = await stage.order({
      receiver: { host: '127.0.0.1', port: proxy.port },
      bytesPerSecond: 24 * MIB,
    })

    for (const megabytes of [10, 25]) {
      await until('some bytes', () => proxy.bytes() > megabytes * MIB)
      proxy.cut()
    }
    const report = await stage.ended(order)

    expect(report).toMatchObject({ status: 'done' })
    expect(isSame(stage.source(), stage.target())).toBe(true)
    expect(report.disks[0]?.appliedBytes).toBe(48 * MIB)
    expect(proxy.bytes()).toBeLessThan((48 + 2 * 64) * MIB)
  })

  it('stops within a second when the bot says so, and goes on where it was', async () => {
    const stage = await staged({ disks: [24 * MIB] })
    await stage.receiver()
    await stage.agent()
    put(stage.source(), 0, randomBytes(24 * MIB))
    const order = await stage.order({ bytesPerSecond: 4 * MIB })
    await until('progress', () => (stage.bot.agentReports.at(-1)?.disks[0]?.appliedBytes ?? 0) > 0)

    stage.bot.control = 'stop'
    const asked = Date.now()
    const stopped = await stage.ended(order)

    expect(stopped.status).toBe('stopped')
    expect(Date.now() - asked).toBeLessThan(3000)
    stage.bot.control = 'continue'
    const again = await stage.sync()
    expect(again.status).toBe('done')
    expect((again.disks[0]?.changedBytes ?? 0) + (stopped.disks[0]?.appliedBytes ?? 0)).toBeLessThanOrEqual(
      24 * MIB,
    )
    expect(isSame(stage.source(), stage.target())).toBe(true)
  })

  it('gives way to an order with a higher epoch', async () => {
    const stage = await staged({ disks: [16 * MIB] })
    await stage.receiver()
    await stage.agent()
    put(stage.source(), 0, randomBytes(16 * MIB))
    await stage.order({ bytesPerSecond: MIB })
    await until('progress', () => stage.bot.agentReports.length > 0)

    const report = await stage.sync()

    expect(report).toMatchObject({ status: 'done', epoch: 2 })
    expect(isSame(stage.source(), stage.target())).toBe(true)
  })

  it('goes on while the bot is away, and tells the end when it is back', async () => {
    const stage = await staged({ disks: [8 * MIB] })
    await stage.receiver()
    await stage.agent()
    put(stage.source(), 0, randomBytes(8 * MIB))
    const order = await stage.order({ bytesPerSecond: 8 * MIB })
    await until('progress', () => stage.bot.agentReports.length > 0)

    stage.bot.isAway = true
    await until('the copy', () => readFileSync(stage.target()).equals(readFileSync(stage.source())))
    stage.bot.isAway = false

    expect(await stage.ended(order)).toMatchObject({ status: 'done' })
  })

  it('goes on under a renewed ticket', async () => {
    const stage = await staged({ disks: [12 * MIB] })
    await stage.receiver()
    await stage.agent()
    put(stage.source(), 0, randomBytes(12 * MIB))
    const order = await stage.order({ bytesPerSecond: 3 * MIB }, 2500)
    stage.bot.renewedTicket = stage.bot.sign({
      job: 'job-1',
      sync: order.sync,
      epoch: order.epoch,
      receiver: {
        machine: stage.bot.machine('token-1')?.id ?? '',
        tlsPin: stage.bot.machine('token-1')?.registration?.tlsPin ?? '',
      },
      disks: [{ index: 0, sizeBytes: 12 * MIB }],
      expiresAt: Date.now() + 60_000,
    })

    expect(await stage.ended(order)).toMatchObject({ status: 'done' })
  })

  it('is not done when both sides end with other roots, and the next one sends what differs', async () => {
    const stage = await staged({ disks: [4 * MIB] })
    await stage.receiver()
    await stage.agent()
    put(stage.source(), 0, randomBytes(4 * MIB))
    await stage.sync()
    // What the receiver believes of block 5 is not what it was told; it looks there when block 6 has changed.
    put(join(stage.path, 'receiver', 'disk-0.rows'), rowOffset(5), randomBytes(32))
    put(stage.source(), 6 * 65_536, randomBytes(10))

    expect((await stage.sync({ sync: 'sync-2' })).fault).toMatchObject({ code: 'ROOTS_DIFFER' })
    const report = await stage.sync({ sync: 'sync-2' })

    expect(report).toMatchObject({ status: 'done' })
    expect(report.disks[0]?.changedBytes).toBe(65_536)
    expect(isSame(stage.source(), stage.target())).toBe(true)
  })

  it('compares in full with a target that was not blank', async () => {
    const stage = await staged({ disks: [4 * MIB], blank: false })
    const bytes = randomBytes(4 * MIB)
    put(stage.source(), 0, bytes)
    put(stage.target(), 0, bytes.subarray(0, 3 * MIB))
    await stage.receiver()
    await stage.agent()

    const report = await stage.sync()

    expect(report).toMatchObject({ status: 'done' })
    expect(report.disks[0]?.changedBytes).toBe(MIB)
    expect(isSame(stage.source(), stage.target())).toBe(true)
  })
})

describe('a source disk', () => {
  it('is refused when it was resized', async () => {
    const stage = await staged({ disks: [2 * MIB] })
    await stage.receiver()
    await stage.agent()
    await stage.sync()
    const order = await stage.order({ sync: 'sync-2' })
    stage.bot.order = null
    truncateSync(stage.source(), 3 * MIB)
    stage.bot.order = order

    expect((await stage.ended(order)).fault?.code).toBe('DISK_CHANGED')
  })

  it('is refused when another took its place, and when it is gone', async () => {
    const stage = await staged({ disks: [2 * MIB] })
    await stage.receiver()
    await stage.agent()
    await stage.sync()

    copyFileSync(stage.source(), join(stage.path, 'other'))
    renameSync(join(stage.path, 'other'), stage.source())
    expect((await stage.sync()).fault?.code).toBe('DISK_CHANGED')

    renameSync(stage.source(), join(stage.path, 'gone'))
    expect((await stage.sync()).fault?.code).toBe('SOURCE_DISK_GONE')
  })

  it('is compared in full when the cached manifest is damaged or of another disk', async () => {
    const stage = await staged({ disks: [2 * MIB] })
    await stage.receiver()
    await stage.agent()
    put(stage.source(), 0, randomBytes(2 * MIB))
    await stage.sync()
    writeFileSync(join(stage.path, 'agent', 'disk-0.manifest'), 'nonsense')
    put(stage.source(), MIB, randomBytes(1))

    const report = await stage.sync({ sync: 'sync-2' })

    expect(report).toMatchObject({ status: 'done' })
    expect(report.disks[0]?.changedBytes).toBe(65_536)
    expect(isSame(stage.source(), stage.target())).toBe(true)
  })

  it('that is not of this agent is not read, whatever the order says', async () => {
    const stage = await staged({ disks: [2 * MIB] })
    await stage.receiver()
    await stage.agent()
    sparse(join(stage.path, 'secret'), 2 * MIB)
    const order = await stage.order()
    stage.bot.order = {
      ...order,
      disks: order.disks.map((disk) => ({ ...disk, path: join(stage.path, 'secret') })),
    }

    expect((await stage.ended(order)).fault?.code).toBe('SOURCE_DISK_GONE')
  })
})
