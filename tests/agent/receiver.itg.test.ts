import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { generateKeyPairSync } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { frameBatch, HEADROOM_BYTES, PAYLOAD_BYTES, type BatchEntry } from '../../agent/protocol/batch.ts'
import { digestOf } from '../../agent/protocol/digest.ts'
import { FrameParser } from '../../agent/protocol/frame-parser.ts'
import { signTicket, type Ticket } from '../../agent/protocol/ticket.ts'
import { encode, WIRE_VERSION, type Message } from '../../agent/protocol/wire.ts'
import { pinOf, selfSigned } from '../../agent/receiver/certificate.ts'
import { MIB, Program, Stage, until, type StageOptions } from '../support/machines.ts'

const open: { close: () => unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

async function receiving(options: StageOptions = { disks: [2 * MIB] }): Promise<Stage> {
  const stage = await Stage.open(options)
  open.push(stage)
  const receiver = await stage.receiver()
  await until('the receiver listens', () => receiver.log.includes('the disks are ready'))
  return stage
}

/** An agent of bytes: says what it is told to. */
class Bare {
  readonly heard: Message[] = []
  isClosed = false
  readonly socket: TLSSocket
  constructor(port: number) {
    const parser = new FrameParser((message) => this.heard.push(message))
    this.socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, minVersion: 'TLSv1.3' })
    this.socket.on('data', (chunk: Buffer) => parser.push(chunk))
    this.socket.on('error', () => (this.isClosed = true))
    this.socket.on('close', () => (this.isClosed = true))
    open.push({ close: () => this.socket.destroy() })
  }

  hello(ticket: string, connection = 0): this {
    this.socket.write(encode({ type: 'hello', version: WIRE_VERSION, ticket, connection, wantsGroups: true }))
    return this
  }

  batch(block: number, bytes: Buffer, digest = digestOf(bytes), sequence = 1): this {
    return this.entry({ block, kind: 'data', length: bytes.length, digest }, bytes, sequence)
  }

  entry(entry: BatchEntry, bytes: Buffer, sequence = 1): this {
    const buffer = Buffer.alloc(HEADROOM_BYTES + PAYLOAD_BYTES)
    bytes.copy(buffer, HEADROOM_BYTES)
    this.socket.write(
      frameBatch(buffer, { sequence, disk: 0, isCompressed: false, entries: [entry] }, bytes.length),
    )
    return this
  }

  hears<T extends Message['type']>(type: T): Promise<Extract<Message, { type: T }>> {
    return until(type, () => this.heard.find((m): m is Extract<Message, { type: T }> => m.type === type))
  }
}

function ticketFor(stage: Stage, change: Partial<Ticket> = {}): Ticket {
  const machine = stage.bot.machine('token-1')
  return {
    job: 'job-1',
    sync: 'sync-1',
    epoch: 5,
    receiver: { machine: machine?.id ?? '', tlsPin: machine?.registration?.tlsPin ?? '' },
    disks: [{ index: 0, sizeBytes: stage.options.disks[0] ?? 0 }],
    expiresAt: Date.now() + 60_000,
    ...change,
  }
}

/** Follows the system calls of the stage's first program. */
async function traced(stage: Stage, options: readonly string[]): Promise<Program> {
  const pid = String(stage.programs[0]?.child.pid)
  const tracer = stage.started(new Program('strace', ['-f', '-p', pid, ...options], {}))
  await until('the tracer', () => tracer.log.includes('attached'))
  return tracer
}

/** What a trace with names (`-y`) tells of the disk, its journal and TLS, in the order in which calls returned. */
function callsIn(log: string): string[] {
  const begun = new Map<string, string>()
  return log.split('\n').flatMap((line) => {
    const [, thread = '', text = ''] = /^(?:\[pid +(\d+)\] )?(.*)$/.exec(line) ?? []
    if (text.endsWith('<unfinished ...>')) begun.set(thread, text)
    // Another thread came in between.
    const whole = text.startsWith('<... ') ? `${begun.get(thread)}${text}` : text
    const [, call, ended] = /^(\w+)\(.* = (-?\d+)$/.exec(whole) ?? []
    if (call === undefined || Number(ended) < 0) return []
    if (whole.includes('.journal>')) return [`${call} journal`]
    if (whole.includes('/dev/vdb>')) return [`${call} disk`]
    return /^write\(\d+<socket.*"\\27\\3\\3/.test(whole) ? [`${call} agent`] : []
  })
}

const block = Buffer.alloc(65_536, 3)
const firstByte = (path: string): number => readFileSync(path)[0] ?? -1

describe('a receiver', () => {
  it('acknowledges what it wrote, and only with the right digest', async () => {
    const stage = await receiving()
    const bare = new Bare(stage.port).hello(stage.bot.sign(ticketFor(stage)))
    await bare.hears('welcome')

    bare.batch(1, block)
    expect(await bare.hears('ack')).toEqual({ type: 'ack', sequence: 1 })
    expect(readFileSync(stage.target())[65_536]).toBe(3)

    bare.batch(0, block, digestOf(Buffer.from('else')), 2)
    expect(await bare.hears('fault')).toMatchObject({ code: 'PROTOCOL' })
    expect(firstByte(stage.target())).toBe(0)
  })

  it('writes no page that does not give its block, and asks for the whole', async () => {
    const stage = await receiving()
    const bare = new Bare(stage.port).hello(stage.bot.sign(ticketFor(stage)))
    await bare.hears('welcome')
    const page = Buffer.alloc(4096, 3)
    const pages = { kind: 'pages', length: block.length, pages: 1 } as const
    const first = Buffer.concat([page, Buffer.alloc(block.length - page.length)])

    bare.entry({ ...pages, block: 0, digest: digestOf(first) }, page)
    bare.entry({ ...pages, block: 1, digest: digestOf(block) }, page, 2)

    expect(await bare.hears('lacking')).toMatchObject({ disk: 0, blocks: [1] })
    await until('both acks', () => bare.heard.some((m) => m.type === 'ack' && m.sequence === 2))
    const written = readFileSync(stage.target())
    expect([0, block.length].map((at) => written[at])).toEqual([3, 0])
  })

  it('refuses a block beyond its disk, and leaves the file as large as it was', async () => {
    const stage = await receiving()
    const bare = new Bare(stage.port).hello(stage.bot.sign(ticketFor(stage)))
    await bare.hears('welcome')

    bare.batch(32, block)

    expect(await bare.hears('fault')).toMatchObject({ code: 'PROTOCOL' })
    expect(statSync(stage.target()).size).toBe(2 * MIB)
  })

  it('refuses every ticket that is not for it', async () => {
    const stage = await receiving()
    const good = ticketFor(stage)
    const stranger = generateKeyPairSync('ed25519')
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString()
    const tickets = {
      expired: stage.bot.sign({ ...good, expiresAt: Date.now() - 1 }),
      forged: signTicket(good, stranger),
      'of another receiver': stage.bot.sign({
        ...good,
        receiver: { machine: 'm-99', tlsPin: 'ab'.repeat(32) },
      }),
      'for an estimate': stage.bot.sign({ ...good, receiver: null }),
      'of a larger disk': stage.bot.sign({ ...good, disks: [{ index: 0, sizeBytes: 4 * MIB }] }),
      'of another disk': stage.bot.sign({ ...good, disks: [{ index: 3, sizeBytes: MIB }] }),
      'without form': 'nonsense',
    }

    for (const [what, ticket] of Object.entries(tickets)) {
      const bare = new Bare(stage.port).hello(ticket)
      expect(await bare.hears('fault'), what).toMatchObject({ code: 'TICKET_REFUSED' })
      await until('the end', () => bare.isClosed)
    }
  })

  it('keeps to its ticket for as long as that lasts', async () => {
    const stage = await receiving({ disks: [2 * MIB, 2 * MIB] })
    const sign = (ticket: Ticket): string => stage.bot.sign(ticket)
    const [first, second] = stage.options.disks.map((sizeBytes, index) => ({ index, sizeBytes }))
    const soon = ticketFor(stage, { disks: first ? [first] : [], expiresAt: Date.now() + 2000 })
    const brief = new Bare(stage.port).hello(sign(soon))
    await brief.hears('welcome')

    const narrow = new Bare(stage.port).hello(sign({ ...soon, disks: second ? [second] : [] }), 1)
    await narrow.hears('welcome')
    narrow.batch(0, block)
    expect(await narrow.hears('fault')).toMatchObject({ code: 'PROTOCOL' })

    const renewed = new Bare(stage.port).hello(sign(soon), 2)
    await renewed.hears('welcome')
    renewed.socket.write(encode({ type: 'renew', ticket: sign({ ...soon, sync: 'sync-2' }) }))
    expect(await renewed.hears('fault')).toMatchObject({ code: 'TICKET_REFUSED' })

    await until('the end of the ticket', () => Date.now() > soon.expiresAt)
    brief.batch(0, block)
    expect(await brief.hears('fault')).toMatchObject({ code: 'TICKET_REFUSED' })
    expect(firstByte(stage.target())).toBe(0)
  })

  it('takes nothing before a ticket, and nothing it does not know', async () => {
    const stage = await receiving()

    const hasty = new Bare(stage.port).batch(0, block)
    await until('the end', () => hasty.isClosed)
    const odd = new Bare(stage.port).hello(stage.bot.sign(ticketFor(stage)))
    await odd.hears('welcome')
    odd.socket.write(Buffer.from('0000000063000000', 'hex'))

    expect(await odd.hears('fault')).toMatchObject({ code: 'PROTOCOL' })
    expect(firstByte(stage.target())).toBe(0)
  })

  it('ends a lower epoch when a higher one comes, and refuses it from then on, restarts included', async () => {
    const stage = await receiving()
    const low = new Bare(stage.port).hello(stage.bot.sign(ticketFor(stage, { epoch: 5 })))
    await low.hears('welcome')

    const high = new Bare(stage.port).hello(stage.bot.sign(ticketFor(stage, { epoch: 6 })))
    await high.hears('welcome')
    expect(await low.hears('fault')).toMatchObject({ code: 'TICKET_REFUSED' })

    const [receiver] = stage.programs
    await receiver?.kill()
    const restarted = await stage.receiver()
    await until('the receiver listens', () => restarted.log.includes('the disks are ready'))
    const late = new Bare(stage.port).hello(stage.bot.sign(ticketFor(stage, { epoch: 5 })))
    expect(await late.hears('fault')).toMatchObject({ code: 'TICKET_REFUSED' })
  })

  it('ends a connection whose place another takes, and writes nothing that comes of it later', async () => {
    const stage = await receiving()
    const ticket = stage.bot.sign(ticketFor(stage))
    const former = new Bare(stage.port).hello(ticket)
    const other = new Bare(stage.port).hello(ticket, 1)
    await Promise.all([former.hears('welcome'), other.hears('welcome')])

    const again = new Bare(stage.port).hello(ticket)
    await again.hears('welcome')
    former.batch(1, block)
    expect(await former.hears('fault')).toMatchObject({ code: 'PROTOCOL' })
    again.batch(0, block)
    other.batch(2, block)
    await Promise.all([again.hears('ack'), other.hears('ack')])

    const written = readFileSync(stage.target())
    expect([0, 1, 2].map((n) => written[n * block.length])).toEqual([3, 0, 3])
  })

  it('is not heard of by the bot while it cannot listen', async () => {
    const stage = await Stage.open({ disks: [MIB] })
    open.push(stage)
    const other = createServer().listen(stage.port, '127.0.0.1')
    open.push({ close: () => other.close() })
    await once(other, 'listening')

    const receiver = await stage.receiver()

    expect(await until('its end', () => receiver.exit)).toMatchObject({ code: 1 })
    expect(receiver.log).toContain('EADDRINUSE')
    expect(stage.bot.machines.size).toBe(0)
  })

  it('keeps its keys to itself and registers as the same machine again', async () => {
    const stage = await receiving()
    const home = join(stage.path, 'receiver')
    for (const name of readdirSync(home).filter((each) => each !== 'receiver.json'))
      expect(statSync(join(home, name)).mode & 0o077, name).toBe(0)

    rmSync(join(home, 'identity.json'))
    await stage.programs[0]?.kill()
    await stage.receiver()
    await until('the identity', () => readdirSync(home).includes('identity.json'))

    expect(stage.bot.machines.size).toBe(1)
    expect(stage.bot.refused).toEqual([])
  })

  it('reads its whole disk when its journal is damaged', async () => {
    const stage = await receiving()
    const bare = new Bare(stage.port).hello(stage.bot.sign(ticketFor(stage)))
    await bare.hears('welcome')
    bare.batch(1, block)
    await bare.hears('ack')
    await stage.programs[0]?.kill()
    const home = join(stage.path, 'receiver')
    const journal = join(home, readdirSync(home).find((name) => name.endsWith('.journal')) ?? '')
    const fd = openSync(journal, 'r+')
    writeSync(fd, Buffer.from([255]), 0, 1, 100)
    closeSync(fd)

    const restarted = await stage.receiver()
    await until('the scan', () => restarted.log.includes('reading a whole disk'))
    const again = new Bare(stage.port).hello(stage.bot.sign(ticketFor(stage)))
    await again.hears('welcome')
    again.socket.write(encode({ type: 'rows-ask', disk: 0, group: 0 }))

    const { digests } = await again.hears('rows')
    expect(Buffer.from(digests).subarray(32, 64).equals(digestOf(block))).toBe(true)
  })
})

describe('the disk of a receiver', () => {
  it('is written when the journal durably says so, and what is acknowledged is durable and recorded', async () => {
    const stage = await receiving()
    const bare = new Bare(stage.port).hello(stage.bot.sign(ticketFor(stage)))
    await bare.hears('welcome')
    const tracer = await traced(stage, ['-y', '-e', 'trace=pwrite64,fdatasync,write,writev'])

    bare.batch(1, block)
    await bare.hears('ack')
    tracer.child.kill('SIGINT')
    await until('the tracer to go', () => tracer.exit)

    const recorded = ['pwrite64 journal', 'fdatasync journal']
    expect(callsIn(tracer.log)).toEqual([
      ...recorded,
      ...['pwrite64 disk', 'fdatasync disk'],
      ...[...recorded, 'write agent'],
    ])
  })

  it('that is full ends the sync with RECEIVER_DISK_FULL; after growing it goes on', async () => {
    const stage = await Stage.open({ disks: [6 * MIB] })
    open.push(stage)
    const devices = join(stage.path, 'dev')
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'ferry-test', devices])
    open.push({ close: () => execFileSync('umount', ['-l', devices]) })
    execFileSync('truncate', ['-s', String(6 * MIB), stage.target()])
    await stage.receiver()
    await stage.agent()
    writeFileSync(stage.source(), randomBytes(6 * MIB))

    expect((await stage.sync()).fault).toMatchObject({ code: 'RECEIVER_DISK_FULL' })

    execFileSync('mount', ['-o', 'remount,size=16m', devices])
    expect(await stage.sync()).toMatchObject({ status: 'done' })
    execFileSync('cmp', [stage.source(), stage.target()])
  })

  it('that cannot be made durable ends the sync with RECEIVER_IO, and is written again', async () => {
    const stage = await Stage.open({ disks: [4 * MIB] })
    open.push(stage)
    const receiver = await stage.receiver()
    await until('the receiver listens', () => receiver.log.includes('the disks are ready'))
    await stage.agent()
    writeFileSync(stage.source(), randomBytes(4 * MIB))
    const tracer = await traced(stage, ['-e', 'trace=fdatasync', '-e', 'inject=fdatasync:error=EIO:when=2'])

    const report = await stage.sync()
    expect(report.fault).toMatchObject({ code: 'RECEIVER_IO' })
    tracer.child.kill('SIGINT')
    await until('the tracer to go', () => tracer.exit)

    expect(await stage.sync()).toMatchObject({ status: 'done' })
    execFileSync('cmp', [stage.source(), stage.target()])
  })
})

describe('an agent', () => {
  it('says nothing to a receiver with another key', async () => {
    const stage = await Stage.open({ disks: [MIB] })
    open.push(stage)
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    })
    let heard = 0
    const impostor = createServer({ key, cert: selfSigned(key.toString()) }, (socket) => {
      socket.on('data', (chunk: Buffer) => (heard += chunk.length))
      socket.on('error', () => undefined)
    })
    impostor.on('tlsClientError', () => undefined)
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve))
    open.push({ close: () => impostor.close() })
    await stage.receiver()
    await stage.agent({ FERRY_RECONNECT_MS: '500' })

    const { port } = impostor.address() as AddressInfo
    const report = await stage.sync({ receiver: { host: '127.0.0.1', port } })

    expect(report.fault).toMatchObject({ code: 'RECEIVER_UNREACHABLE' })
    expect(report.fault?.detail).toContain('wrong key')
    expect(heard).toBe(0)
    expect(pinOf(key.toString())).toHaveLength(64)
  })

  it('gives up on a receiver that stays away', async () => {
    const stage = await Stage.open({ disks: [MIB] })
    open.push(stage)
    const receiver = await stage.receiver()
    await stage.agent({ FERRY_RECONNECT_MS: '500' })
    const order = await stage.order()
    await stage.ended(order)
    await receiver.kill()

    expect((await stage.sync()).fault).toMatchObject({ code: 'RECEIVER_UNREACHABLE' })
  })

  it('refuses an order whose ticket the bot did not sign for it', async () => {
    const stage = await Stage.open({ disks: [MIB] })
    open.push(stage)
    await stage.receiver()
    await stage.agent()

    const report = await stage.sync({ sync: 'sync-1', ticket: 'a.b' })

    expect(report.fault).toMatchObject({ code: 'TICKET_REFUSED' })
  })

  it('is the same machine when it enrols twice with one code', async () => {
    const stage = await Stage.open({ disks: [MIB] })
    open.push(stage)
    const agent = await stage.agent()
    await until('the first order question', () => stage.bot.orders.length > 0)
    await agent.kill()
    rmSync(join(stage.path, 'agent', 'enrolled.json'))

    await stage.agent()
    const asked = stage.bot.orders.length
    await until('another order question', () => stage.bot.orders.length > asked)

    expect(stage.bot.machines.size).toBe(1)
    expect(statSync(join(stage.path, 'agent', 'key.json')).mode & 0o777).toBe(0o600)
  })
})

describe('an inspection', () => {
  async function inspected(
    path: (stage: Stage) => void,
  ): Promise<{ stage: Stage; checks: Record<string, boolean | null> }> {
    const stage = await Stage.open({ disks: [16 * MIB], mode: 'inspect' })
    open.push(stage)
    path(stage)
    const receiver = await stage.receiver()
    const report = await until('the report', () =>
      stage.bot.receiverReports.find((r) => r.status === 'inspected'),
    )
    await until('the exit', () => receiver.exit)
    expect(receiver.exit?.code).toBe(0)
    const checks = Object.fromEntries((report.disks?.[0]?.checks ?? []).map(({ name, ok }) => [name, ok]))
    return { stage, checks }
  }

  it('finds a sound file system sound', async () => {
    const { checks } = await inspected((stage) =>
      execFileSync('mke2fs', ['-q', '-t', 'ext4', '-F', stage.target()]),
    )

    expect(checks).toEqual({ 'partition table': true, 'whole disk: ext': true, 'whole disk: e2fsck': true })
  })

  it('finds a damaged one damaged, inside a partition', async () => {
    const { checks } = await inspected((stage) => {
      const offset = MIB
      const image = join(stage.path, 'part.img')
      mkdirSync(join(stage.path, 'work'))
      execFileSync('truncate', ['-s', String(8 * MIB), image])
      execFileSync('mke2fs', ['-q', '-t', 'ext4', '-F', image])
      execFileSync('debugfs', ['-w', '-R', 'clri <2>', image], { stdio: 'ignore' })
      const disk = openSync(stage.target(), 'r+')
      const table = Buffer.alloc(512)
      table.writeUInt8(0x83, 450)
      table.writeUInt32LE(offset / 512, 454)
      table.writeUInt32LE((8 * MIB) / 512, 458)
      table.writeUInt16LE(0xaa55, 510)
      writeSync(disk, table, 0, 512, 0)
      const bytes = readFileSync(image)
      writeSync(disk, bytes, 0, bytes.length, offset)
      closeSync(disk)
    })

    expect(checks).toMatchObject({ 'partition table': true, 'partition 1: e2fsck': false })
  })
})
