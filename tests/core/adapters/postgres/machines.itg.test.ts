import { describe, expect, it } from 'vitest'
import { aJob, aSource, anEntry } from '../../../support/a-job.ts'
import { freshStore } from '../../../support/fresh-store.ts'

const { store } = await freshStore()

const soon = () => new Date(Date.now() + 60_000)
const host = {
  ...{ hostname: 'h', os: 'linux', arch: 'x64', kernel: '6.1', cores: 2, memoryBytes: 1 },
  bootMode: 'UEFI' as const,
}
const agent = (publicKey: string) => ({ publicKey, version: '1', host, disks: [] })

describe('a source', () => {
  it('has no agent until one has enrolled with the code that stands', async () => {
    const invited = await store.sources.invite('db-01', 'old', soon(), anEntry('enrol'))
    await store.sources.invite('db-01', 'new', soon(), anEntry('enrol'))

    expect(invited.agent).toBeUndefined()
    expect(await store.sources.isInvited('old')).toBe(false)
    expect(await store.sources.isInvited('new')).toBe(true)
    expect(await store.sources.enrol('old', agent('k'), anEntry())).toBeUndefined()
    const enrolled = await store.sources.enrol('new', agent('k'), anEntry())

    expect(enrolled?.source).toMatchObject({ id: invited.id, agent: { id: enrolled?.agentId, host } })
    expect(await store.sources.named('db-01')).toEqual(enrolled?.source)
    expect(await store.sources.byId(invited.id)).toEqual(enrolled?.source)
  })

  it('gives the same agent again for the same code and key, and none for another key', async () => {
    await store.sources.invite('db-02', 'code-2', soon(), anEntry('enrol'))

    const keys = ['k', 'k', 'k', 'other']
    const replies = await Promise.all(
      keys.map((key) => store.sources.enrol('code-2', agent(key), anEntry('enrolled'))),
    )
    const ids = new Set(replies.filter((reply) => reply !== undefined).map((reply) => reply.agentId))

    expect(ids.size).toBe(1)
    const entries = await store.audit.list({ limit: 1000 })
    expect(entries.filter((row) => row.action === 'enrolled')).toHaveLength(1)
  })

  it('refuses a code that has expired', async () => {
    await store.sources.invite('db-03', 'code-3', new Date(Date.now() - 1000), anEntry('enrol'))

    expect(await store.sources.isInvited('code-3')).toBe(false)
    expect(await store.sources.enrol('code-3', agent('k'), anEntry())).toBeUndefined()
  })

  it('knows the newest agent alone', async () => {
    const { source, agentId } = await aSource(store)
    expect(await store.sources.key(agentId)).toMatchObject({ kind: 'agent', sourceId: source.id })
    await store.sources.invite(source.name, 'code-4', soon(), anEntry('enrol'))

    const next = await store.sources.enrol('code-4', agent('k4'), anEntry())

    expect(await store.sources.key(agentId)).toBeUndefined()
    expect(await store.sources.key(next?.agentId ?? '')).toMatchObject({ publicKey: 'k4' })
    expect((await store.sources.byId(source.id))?.agent?.id).toBe(next?.agentId)
    expect((await store.sources.list()).filter(({ name }) => name === source.name)).toHaveLength(1)
  })

  it('shows the disks of the last heartbeat', async () => {
    const { source, agentId } = await aSource(store)
    const disks = [{ index: 0, path: '/dev/vda', identity: 'serial-0', sizeBytes: 2 ** 40 }]

    await store.sources.seen(agentId, '2', disks)

    const now = (await store.sources.byId(source.id))?.agent
    expect(now).toMatchObject({ version: '2', disks })
    expect(now?.seenAt.getTime()).toBeGreaterThanOrEqual(source.agent?.seenAt.getTime() ?? Infinity)
  })
})

describe('an intermediate', () => {
  const receiver = (publicKey: string) => ({ publicKey, tlsPin: 'pin', port: 8703, version: '1' })
  const plan = (jobId: string, key: string, tokenHash = `token of ${key}`) =>
    store.intermediates.plan({ jobId, mode: 'receive', resourceKey: key, tokenHash, carrier: false })

  it('is planned once per key', async () => {
    const job = await aJob(store)

    const [first, again] = [await plan(job.id, 'key-1'), await plan(job.id, 'key-1', 'another token')]

    expect(again).toEqual(first)
    expect(first).toMatchObject({ instanceId: undefined, address: undefined, receiver: undefined })
    expect(await store.sources.isInvited('another token')).toBe(false)
    expect(await store.intermediates.current(job.id)).toEqual(first)
  })

  it('is registered by its token with one key', async () => {
    const job = await aJob(store)
    const { id } = await plan(job.id, 'key-2')
    await store.intermediates.setInstance(id, 'i-2', '')
    expect(await store.sources.isInvited('token of key-2')).toBe(true)

    const first = await store.intermediates.register('token of key-2', receiver('k'))
    const again = await store.intermediates.register('token of key-2', receiver('k'))
    const other = await store.intermediates.register('token of key-2', receiver('other'))
    await store.intermediates.setInstance(id, 'i-2', '10.0.0.2')
    await store.intermediates.seen(id, { inspected: [] })
    await store.intermediates.seen(id)

    expect(again).toEqual(first)
    expect(other).toBeUndefined()
    const now = await store.intermediates.byKey('key-2')
    expect(now).toMatchObject({ address: '10.0.0.2', receiver: first, report: { inspected: [] } })
    expect(await store.sources.key(first?.machineId ?? '')).toMatchObject({
      kind: 'receiver',
      intermediateId: id,
    })
  })

  it('is known to nobody once it has ended', async () => {
    const job = await aJob(store)
    const { id } = await plan(job.id, 'key-3')
    const registered = await store.intermediates.register('token of key-3', receiver('k'))

    await store.intermediates.end(id)

    expect(await store.intermediates.current(job.id)).toBeUndefined()
    expect(await store.sources.key(registered?.machineId ?? '')).toBeUndefined()
    expect(await store.sources.isInvited('token of key-3')).toBe(false)
    expect(await store.intermediates.register('token of key-3', receiver('k'))).toBeUndefined()
    expect((await store.intermediates.byKey('key-3'))?.endedAt).toBeInstanceOf(Date)
  })
})

describe('the ledger', () => {
  it('keeps one resource per key through every repetition', async () => {
    const job = await aJob(store)
    const intention = {
      key: 'r-1',
      jobId: job.id,
      syncId: null,
      kind: 'instance',
      purpose: 'intermediate',
    } as const
    const request = { type: 'ecs.g6.large', nested: { gib: 40 } }

    const first = await store.ledger.intend({ ...intention, request })
    const again = await store.ledger.intend({ ...intention, request: { type: 'another' } })
    for (let n = 0; n < 2; n++) await store.ledger.created('r-1', 'i-1')

    expect(again).toEqual(first)
    expect(first).toMatchObject({ request, cloudId: null, releasedAt: null })
    expect(await store.ledger.byCloudId('i-1')).toEqual({ ...first, cloudId: 'i-1' })
    expect(await store.ledger.open(job.id)).toEqual([await store.ledger.byKey('r-1')])
    await store.ledger.askRelease('r-1', anEntry('release'))
    expect((await store.ledger.byKey('r-1'))?.releaseAskedBy).toBe('ada')
    for (let n = 0; n < 2; n++) await store.ledger.released('r-1')
    expect(await store.ledger.open(job.id)).toEqual([])
    expect((await store.ledger.open()).map(({ key }) => key)).not.toContain('r-1')
  })
})
