import { once } from 'node:events'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OrdersReply } from '../../../agent/protocol/control.ts'
import { signedHeaders } from '../../../agent/protocol/signing.ts'
import type { Reply } from '../../../core/commands/reply.ts'
import type { TestBot } from '../../support/bot.ts'
import { startTestBot } from '../../support/bot.ts'
import { machineKey } from '../../support/machines-store.ts'

let bot: TestBot
beforeAll(async () => {
  bot = await startTestBot()
})
afterAll(() => bot.stop())

async function ask(body: unknown, token?: string): Promise<{ status: number; reply: Reply; text: string }> {
  const response = await fetch(`${bot.url}/api/commands`, {
    method: 'POST',
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, reply: JSON.parse(text) as Reply, text }
}

describe('the API', () => {
  it.each([
    ['as a line', { text: 'whoami' }],
    ['as a command', { command: 'whoami', args: {} }],
  ])('answers a command given %s', async (_how, body) => {
    expect(await ask(body, 'operator')).toMatchObject({
      status: 200,
      reply: { outcome: 'done', data: { person: 'operator', role: 'operator' } },
    })
  })

  it('joins the arguments of a line with those beside it', async () => {
    expect((await ask({ text: 'help', args: { command: 'interval' } }, 'viewer')).reply.title).toContain(
      'interval:',
    )
  })

  it.each([
    ['no token', undefined],
    ['a token of nobody', 'mallory'],
    ['the hash of a token instead of the token', 'sha256:0'],
  ])('does not know who comes with %s, and looks at nothing else', async (_what, token) => {
    expect(await ask('{', token)).toMatchObject({
      status: 401,
      reply: { outcome: 'refused', code: 'not-known' },
    })
  })

  it('refuses what the role of the person may not do', async () => {
    expect(await ask({ text: 'enrol web-01' }, 'viewer')).toMatchObject({
      status: 403,
      reply: { code: 'not-allowed', title: expect.stringContaining('viewer is viewer') },
    })
  })

  it.each([
    ['an unknown command', { text: 'statsu' }, 409, 'not-understood'],
    ['a job that is not there', { text: 'status web-99' }, 409, 'no-such-job'],
    ['no JSON', '{', 400, 'bad-request'],
    ['text and command both', { text: 'list', command: 'list' }, 400, 'bad-request'],
    ['arguments that are no texts', { command: 'status', args: { job: 1 } }, 400, 'bad-request'],
    ['a door of its own making', { text: 'list', door: 'slack' }, 400, 'bad-request'],
  ])('refuses %s with a reply that says so', async (_what, body, status, code) => {
    expect(await ask(body, 'admin')).toMatchObject({ status, reply: { outcome: 'refused', code } })
  })

  it('refuses a body that is too long, with a length and without one', async () => {
    expect((await ask({ text: 'x'.repeat(70_000) }, 'admin')).status).toBe(413)

    const chunked = request(`${bot.url}/api/commands`, {
      method: 'POST',
      headers: { authorization: 'Bearer admin', 'transfer-encoding': 'chunked' },
    })
    chunked.on('error', () => undefined)
    for (let nth = 0; nth < 4; nth++) chunked.write('x'.repeat(32_768))
    chunked.end()
    const [response] = (await once(chunked, 'response')) as [{ statusCode: number; destroy(): void }]
    response.destroy()
    expect(response.statusCode).toBe(413)
  })

  it('says that it lives, that it is ready, and what it does not have', async () => {
    const statusOf = async (path: string): Promise<number> => (await fetch(bot.url + path)).status

    expect(await statusOf('/healthz')).toBe(200)
    expect(await statusOf('/readyz')).toBe(200)
    expect(await statusOf('/api/nothing')).toBe(404)
    expect(await statusOf('/')).toBe(404)
  })
})

describe('the machine API over HTTP', () => {
  const HOST = {
    hostname: 'web-01',
    os: 'linux',
    arch: 'x64',
    kernel: '6.1',
    cores: 2,
    memoryBytes: 1,
    bootMode: 'BIOS',
  }
  const disks = [{ index: 0, path: '/dev/vda', kind: 'block', sizeBytes: 65_536, identity: 'serial' }]

  const post = async (
    path: string,
    body: string,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ) => fetch(bot.url + path, { method: 'POST', body, headers, ...(signal === undefined ? {} : { signal }) })

  it('enrols an agent by the code that `enrol` gave, once, and serves it its bundle before that', async () => {
    const { reply } = await ask({ text: 'enrol web-01' }, 'operator')
    const code = String(reply.data?.['code'])
    const url = /http:\S+\/api\/bundles\/ferry-agent\.mjs\/[0-9a-f]{64}/.exec(
      reply.facts['On the source'] ?? '',
    )?.[0]

    const bundle = await fetch(url ?? '', { headers: { authorization: `Bearer ${code}` } })
    expect(await bundle.text()).toBe('the agent')
    expect((await fetch(url ?? '')).status).toBe(401)

    const pair = machineKey()
    const enrol = JSON.stringify({ code, publicKey: pair.publicKey, version: '1', host: HOST, disks })
    expect((await post('/api/agents/enrol', enrol)).status).toBe(200)
    const again = JSON.stringify({ code, publicKey: machineKey().publicKey, version: '1', host: HOST, disks })
    expect((await post('/api/agents/enrol', again)).status).toBe(403)
    expect((await ask({ text: 'sources' }, 'viewer')).text).toContain('web-01')
  })

  it('refuses a signed request the second time, and ends a held one when its caller goes', async () => {
    const { reply } = await ask({ text: 'enrol web-02' }, 'operator')
    const pair = machineKey()
    const code = String(reply.data?.['code'])
    const enrol = JSON.stringify({ code, publicKey: pair.publicKey, version: '1', host: HOST, disks })
    const { machine } = (await (await post('/api/agents/enrol', enrol)).json()) as { machine: string }
    const path = '/api/agents/orders'
    const body = JSON.stringify({ version: '1', disks, working: null })
    const headers = signedHeaders(machine, pair.privateKey, { method: 'POST', path, body }, Date.now())

    const held = new AbortController()
    const first = post(path, body, headers, held.signal)
    const online = async (): Promise<boolean> =>
      (await ask({ text: 'sources' }, 'viewer')).text.includes('online')
    while (!(await online()));
    held.abort()

    await expect(first).rejects.toThrow()
    expect((await post(path, body, headers)).status).toBe(401)
  })

  it('answers requests that are held open when the bot stops', async () => {
    const other = await startTestBot()
    const admin = { authorization: 'Bearer admin' }
    const enrolled = await fetch(`${other.url}/api/commands`, {
      method: 'POST',
      headers: admin,
      body: JSON.stringify({ text: 'enrol web-03' }),
    })
    const { data } = (await enrolled.json()) as Reply
    const pair = machineKey()
    const enrol = { code: data?.['code'], publicKey: pair.publicKey, version: '1', host: HOST, disks }
    const reply = await fetch(`${other.url}/api/agents/enrol`, {
      method: 'POST',
      body: JSON.stringify(enrol),
    })
    const { machine } = (await reply.json()) as { machine: string }
    const path = '/api/agents/orders'
    const body = JSON.stringify({ version: '1', disks: [{ ...disks[0], sizeBytes: 131_072 }], working: null })
    const headers = signedHeaders(machine, pair.privateKey, { method: 'POST', path, body }, Date.now())
    const held = fetch(other.url + path, { method: 'POST', body, headers })
    const isHeld = async (): Promise<boolean> => {
      const sources = await fetch(`${other.url}/api/commands`, {
        method: 'POST',
        headers: admin,
        body: JSON.stringify({ text: 'sources' }),
      })
      return (await sources.text()).includes('128 KiB')
    }
    while (!(await isHeld()));

    await other.stop()

    expect(OrdersReply.parse(await (await held).json())).toEqual({ order: null })
  })
})
