import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { EnrolReply, OrdersReply, RegisterReply, ReportReply } from '../../../../agent/protocol/control.ts'
import { signedHeaders } from '../../../../agent/protocol/signing.ts'
import { readTicket } from '../../../../agent/protocol/ticket.ts'
import { loadBundles } from '../../../../core/adapters/agents/bundles.ts'
import { ticketKey } from '../../../../core/adapters/agents/keys.ts'
import { createMachines } from '../../../../core/adapters/agents/machines.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { anOrder, machineKey, machinesStore, sha256 } from '../../../support/machines-store.ts'

const HOST = {
  hostname: 'web-01',
  os: 'linux',
  arch: 'x64',
  kernel: '6.1',
  cores: 2,
  memoryBytes: 1024,
  bootMode: 'BIOS',
}
const DISKS = [{ index: 0, path: '/dev/vda', kind: 'block', sizeBytes: 1_048_576, identity: 'serial-1' }]
const IDLE = { version: '1', disks: DISKS, working: null }

async function setUp() {
  const clock = fakeClock()
  const world = machinesStore(clock)
  const folder = mkdtempSync(join(tmpdir(), 'ferry-bundles-'))
  writeFileSync(join(folder, 'ferry-agent.mjs'), 'agent')
  const key = await ticketKey(world.store)
  const bundles = await loadBundles(folder, join(folder, 'ferry-agent.mjs'))
  const machines = createMachines({ store: world.store, clock, ticketKey: key, bundles })

  const send = async (request: Request, address?: string) => {
    const response = await machines.handle(request, address)
    if (response === undefined) throw new Error('no answer')
    return { status: response.status, text: await response.text() }
  }
  const post = (path: string, body: unknown, headers: Record<string, string> = {}, address?: string) =>
    send(
      new Request(`http://bot${path}`, {
        method: 'POST',
        headers,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
      address,
    )
  const signed = (
    machine: { id: string; privateKey: string },
    path: string,
    body: unknown,
    at = clock.now().getTime(),
  ) => {
    const text = JSON.stringify(body)
    return post(
      path,
      text,
      signedHeaders(machine.id, machine.privateKey, { method: 'POST', path, body: text }, at),
    )
  }
  const enrol = async (code: string, pair = machineKey()) => {
    const reply = await post('/api/agents/enrol', request(code, pair.publicKey))
    return { ...pair, id: as(EnrolReply, reply).machine }
  }
  const register = async (token: string, pair = machineKey()) => {
    const body = { token, publicKey: pair.publicKey, tlsPin: 'a'.repeat(64), port: 8703, version: '1' }
    return { ...pair, id: as(RegisterReply, await post('/api/receivers/register', body)).machine }
  }
  return { ...world, clock, key, post, send, signed, enrol, register }
}

const request = (code: string, publicKey: string, host = HOST): unknown => ({
  code,
  publicKey,
  version: '1',
  host,
  disks: DISKS,
})

function as<S extends z.ZodType>(schema: S, reply: { status: number; text: string }): z.infer<S> {
  expect(reply).toMatchObject({ status: 200 })
  return schema.parse(JSON.parse(reply.text))
}

const report = (more: object = {}): object => ({
  sync: 'sync-1',
  epoch: 7,
  status: 'working',
  phase: 'comparing',
  disks: [{ index: 0, totalBytes: 100, comparedBytes: 50, changedBytes: 10, appliedBytes: 5 }],
  wireBytes: 6,
  limitedBy: 'disk',
  comparison: 'full',
  ...more,
})

describe('enrolment', () => {
  it('makes an agent known by its code, and again when the reply was lost', async () => {
    const { invite, enrol } = await setUp()
    invite('code-1', 'web-01')

    const first = await enrol('code-1')

    expect((await enrol('code-1', first)).id).toBe(first.id)
  })

  it('refuses a used code from another machine, and an expired one, in words', async () => {
    const { invite, enrol, post, clock } = await setUp()
    invite('code-1', 'web-01')
    invite('code-2', 'web-02', new Date(clock.now().getTime() - 1))
    await enrol('code-1')

    for (const code of ['code-1', 'code-2', 'never-given']) {
      const reply = await post('/api/agents/enrol', request(code, machineKey().publicKey))
      expect(reply).toMatchObject({ status: 403, text: expect.stringContaining('prints a new one') })
      expect(reply.text).not.toContain(code)
    }
  })

  it('refuses a system other than Linux with the reason and leaves the code good', async () => {
    const { invite, enrol, post } = await setUp()
    invite('code-1', 'web-01')

    const reply = await post(
      '/api/agents/enrol',
      request('code-1', machineKey().publicKey, { ...HOST, os: 'win32' }),
    )

    expect(reply).toMatchObject({
      status: 422,
      text: expect.stringContaining('runs win32. Ferry moves Linux'),
    })
    expect((await enrol('code-1')).id).toBeTruthy()
  })

  it('closes the door to an address after ten wrong codes in an hour, and to no other', async () => {
    const { invite, post, clock } = await setUp()
    invite('code-1', 'web-01')
    const from = (address: string, code: string) =>
      post('/api/agents/enrol', request(code, machineKey().publicKey), {}, address)

    for (let nth = 0; nth < 10; nth++) expect((await from('10.0.0.9', `wrong-${nth}`)).status).toBe(403)

    expect((await from('10.0.0.9', 'code-1')).status).toBe(429)
    expect((await from('10.0.0.8', 'code-1')).status).toBe(200)
    clock.advance(3_600_000)
    expect((await from('10.0.0.9', 'wrong')).status).toBe(403)
  })

  it.each([
    ['no JSON', '{', 'not JSON'],
    ['a missing field', '{}', 'code:'],
    ['a key that is none', JSON.stringify(request('code-1', 'AAAA')), 'not an Ed25519 key'],
  ])('refuses %s', async (_what, body, words) => {
    const { post } = await setUp()

    expect(await post('/api/agents/enrol', body)).toMatchObject({
      status: 400,
      text: expect.stringContaining(words),
    })
  })
})

describe('a signed request', () => {
  it('is refused unsigned, stale, from the future, replayed, altered, or by a stranger', async () => {
    const { invite, enrol, post, signed, clock } = await setUp()
    invite('code-1', 'web-01')
    const agent = await enrol('code-1')
    const path = '/api/agents/orders'
    const now = clock.now().getTime()
    const text = JSON.stringify(IDLE)
    const headers = signedHeaders(agent.id, agent.privateKey, { method: 'POST', path, body: text }, now)

    expect(await post(path, text)).toMatchObject({ status: 401, text: expect.stringContaining('not signed') })
    expect(await signed(agent, path, IDLE, now - 301_000)).toMatchObject({
      status: 401,
      text: expect.stringContaining('301 s behind'),
    })
    expect(await signed(agent, path, IDLE, now + 301_000)).toMatchObject({
      status: 401,
      text: expect.stringContaining('301 s ahead'),
    })
    expect((await post(path, `${text} `, headers)).status).toBe(401)
    expect((await signed({ ...agent, privateKey: machineKey().privateKey }, path, IDLE)).status).toBe(401)
    expect((await signed({ ...agent, id: 'stranger' }, path, IDLE)).status).toBe(401)
    expect((await post(path, text, headers)).status).toBe(200)
    expect(await post(path, text, headers)).toMatchObject({
      status: 401,
      text: expect.stringContaining('sent before'),
    })
  })

  it('is refused when its body is longer than 1 MiB', async () => {
    const { post } = await setUp()

    expect((await post('/api/agents/reports', ' '.repeat(1_048_577))).status).toBe(413)
  })

  it('is refused from a machine of the other kind', async () => {
    const { plan, register, signed } = await setUp()
    plan('token-1', 'intermediate-1')
    const receiver = await register('token-1')

    expect((await signed(receiver, '/api/agents/orders', IDLE)).status).toBe(403)
  })
})

describe('orders', () => {
  it('are handed out with a ticket that names the receiver, its pin and the disks', async () => {
    const { invite, enrol, signed, record, key, clock } = await setUp()
    invite('code-1', 'web-01')
    const agent = await enrol('code-1')
    record.order = anOrder('web-01')

    const { order } = as(OrdersReply, await signed(agent, '/api/agents/orders', IDLE))

    expect(order).toMatchObject({
      kind: 'sync',
      sync: 'sync-1',
      epoch: 7,
      receiver: { host: '127.0.0.1', port: 8703 },
      connections: 2,
      compression: 'auto',
      bytesPerSecond: null,
    })
    expect(readTicket(order?.ticket ?? '', key.publicKey, clock.now().getTime())).toEqual({
      job: 'job-1',
      sync: 'sync-1',
      epoch: 7,
      receiver: { machine: 'receiver-1', tlsPin: 'a'.repeat(64) },
      disks: [{ index: 0, sizeBytes: 1_048_576 }],
      expiresAt: clock.now().getTime() + 600_000,
    })
    expect(record.agentsSeen).toHaveLength(1)
  })

  it('are waited for up to 25 s, and come as soon as there are some', async () => {
    const { invite, enrol, signed, record } = await setUp()
    invite('code-1', 'web-01')
    const agent = await enrol('code-1')

    expect(as(OrdersReply, await signed(agent, '/api/agents/orders', IDLE)).order).toBeNull()
    expect(record.waited).toEqual([25_000])

    record.onWait = () => {
      record.order = anOrder('web-01')
    }
    expect(as(OrdersReply, await signed(agent, '/api/agents/orders', IDLE)).order?.sync).toBe('sync-1')
  })

  it('wait until the receiver has registered and can be reached', async () => {
    const { invite, enrol, signed, record } = await setUp()
    invite('code-1', 'web-01')
    const agent = await enrol('code-1')
    record.order = anOrder('web-01', { address: undefined })
    record.onWait = () => {
      if (record.waited.length === 3) record.order = anOrder('web-01')
    }

    expect(as(OrdersReply, await signed(agent, '/api/agents/orders', IDLE)).order?.sync).toBe('sync-1')
    expect(record.waited).toEqual([1000, 1000, 1000])
  })

  it('are not repeated to the agent that works on them', async () => {
    const { invite, enrol, signed, record } = await setUp()
    invite('code-1', 'web-01')
    const agent = await enrol('code-1')
    record.order = anOrder('web-01')

    const working = { ...IDLE, working: { sync: 'sync-1', epoch: 7 } }
    const older = { ...IDLE, working: { sync: 'sync-1', epoch: 6 } }

    expect(as(OrdersReply, await signed(agent, '/api/agents/orders', working)).order).toBeNull()
    expect(as(OrdersReply, await signed(agent, '/api/agents/orders', older)).order?.epoch).toBe(7)
  })

  it('of another source are never seen', async () => {
    const { invite, enrol, signed, record } = await setUp()
    invite('code-2', 'web-02')
    const agent = await enrol('code-2')
    record.order = anOrder('web-01')

    expect(as(OrdersReply, await signed(agent, '/api/agents/orders', IDLE)).order).toBeNull()
  })
})

describe("an agent's report", () => {
  it('is stored as sums and answered with continue, and with a new ticket every three minutes', async () => {
    const { invite, enrol, signed, record, clock } = await setUp()
    invite('code-1', 'web-01')
    const agent = await enrol('code-1')
    record.order = anOrder('web-01')
    const ask = async () => as(ReportReply, await signed(agent, '/api/agents/reports', report()))

    expect(await ask()).toMatchObject({ control: 'continue', ticket: expect.any(String) })
    expect(await ask()).toEqual({ control: 'continue', send: { bytesPerSecond: null, compression: 'auto' } })
    clock.advance(180_000)
    expect(await ask()).toMatchObject({ ticket: expect.any(String) })
    expect(record.agentReports[0]).toMatchObject({
      comparedBytes: 50,
      appliedBytes: 5,
      roots: null,
      fault: null,
    })
  })

  it('is answered with stop when its order is no longer in force', async () => {
    const { invite, enrol, signed, record } = await setUp()
    invite('code-1', 'web-01')
    const agent = await enrol('code-1')
    record.order = anOrder('web-01')
    record.inForce = false

    expect(as(ReportReply, await signed(agent, '/api/agents/reports', report()))).toEqual({ control: 'stop' })
  })

  it('of a sync of another source is refused and changes nothing', async () => {
    const { invite, enrol, signed, record } = await setUp()
    invite('code-2', 'web-02')
    const agent = await enrol('code-2')
    record.order = anOrder('web-01')

    expect((await signed(agent, '/api/agents/reports', report())).status).toBe(403)
    expect(record.agentReports).toEqual([])
  })

  it('is done only with the root of every disk', async () => {
    const { invite, enrol, signed, record } = await setUp()
    invite('code-1', 'web-01')
    const agent = await enrol('code-1')
    record.order = anOrder('web-01')
    const disk = { index: 0, totalBytes: 1, comparedBytes: 1, changedBytes: 0, appliedBytes: 0 }

    expect((await signed(agent, '/api/agents/reports', report({ status: 'done' }))).status).toBe(400)
    const whole = report({ status: 'done', disks: [{ ...disk, root: 'b'.repeat(64) }] })
    expect((await signed(agent, '/api/agents/reports', whole)).status).toBe(200)
    expect(record.agentReports).toMatchObject([{ status: 'done', roots: ['b'.repeat(64)] }])
  })
})

describe('a receiver', () => {
  it('registers by its token once, and again with the same key', async () => {
    const { plan, register, post } = await setUp()
    plan('token-1', 'intermediate-1')
    const receiver = await register('token-1')

    expect((await register('token-1', receiver)).id).toBe(receiver.id)
    const other = { publicKey: machineKey().publicKey, tlsPin: 'a'.repeat(64), port: 8703, version: '1' }
    expect((await post('/api/receivers/register', { token: 'token-1', ...other })).status).toBe(403)
  })

  it('is heard: alive as a heartbeat, sealed with its roots, inspected with what it found', async () => {
    const { plan, register, signed, record } = await setUp()
    plan('token-1', 'intermediate-1')
    const receiver = await register('token-1')
    record.order = anOrder('web-01')
    const disks = [{ index: 0, sizeBytes: 1, root: 'c'.repeat(64) }]
    const say = async (body: object) => (await signed(receiver, '/api/receivers/reports', body)).status

    expect(await say({ status: 'alive' })).toBe(200)
    expect(await say({ status: 'sealed', sync: 'sync-1', epoch: 7, disks })).toBe(200)
    expect(await say({ status: 'inspected', disks })).toBe(200)

    expect(record.receiverReports).toEqual([{ roots: ['c'.repeat(64)], fault: null }])
    expect(record.receiversSeen).toMatchObject([
      { report: undefined },
      { report: undefined },
      { id: 'intermediate-1', report: { status: 'inspected', disks } },
    ])
  })

  it('may not speak of the syncs of another job', async () => {
    const { plan, register, signed, record } = await setUp()
    plan('token-2', 'intermediate-2')
    const receiver = await register('token-2')
    record.order = anOrder('web-01')
    const disks = [{ index: 0, sizeBytes: 1, root: 'c'.repeat(64) }]

    const reply = await signed(receiver, '/api/receivers/reports', {
      status: 'sealed',
      sync: 'sync-1',
      epoch: 7,
      disks,
    })

    expect(reply.status).toBe(403)
    expect(record.receiverReports).toEqual([])
  })
})

describe('a bundle', () => {
  const fetchAs = (name: string, digest: string, bearer?: string): Request =>
    new Request(`http://bot/api/bundles/${name}/${digest}`, {
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    })

  it('is given to who holds a code or token', async () => {
    const { invite, plan, send } = await setUp()
    invite('code-1', 'web-01')
    plan('token-1', 'intermediate-1')

    for (const bearer of ['code-1', 'token-1'])
      for (const name of ['ferry-agent.mjs', 'node'])
        expect(await send(fetchAs(name, sha256('agent'), bearer))).toEqual({ status: 200, text: 'agent' })
  })

  it('is given to nobody else, and only by its own digest', async () => {
    const { invite, send } = await setUp()
    invite('code-1', 'web-01')

    expect((await send(fetchAs('ferry-agent.mjs', sha256('agent')))).status).toBe(401)
    expect((await send(fetchAs('ferry-agent.mjs', sha256('agent'), 'wrong'))).status).toBe(401)
    expect((await send(fetchAs('ferry-agent.mjs', sha256('other'), 'code-1'))).status).toBe(404)
    expect((await send(fetchAs('ferry-receiver.mjs', sha256('agent'), 'code-1'))).status).toBe(404)
  })
})
