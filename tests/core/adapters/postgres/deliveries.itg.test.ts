import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../../../core/adapters/postgres/store.ts'
import type { Destined } from '../../../../core/ports/deliveries.ts'
import type { Store } from '../../../../core/ports/store.ts'
import { freshDatabase } from '../../../support/postgres.ts'

let store: Store
let sql: postgres.Sql
beforeAll(async () => {
  const url = await freshDatabase()
  store = await openStore(url)
  sql = postgres(url, { max: 1, onnotice: () => undefined })
})
beforeEach(async () => {
  await sql`delete from deliveries`
  await sql`delete from lines`
  await sql`delete from outbox`
})
afterAll(() => Promise.all([store.close(), sql.end()]))

const LEASE_MS = 30_000
const OPS: Destined = { door: 'slack', place: { channel: '#ops' }, digestAt: null }
const ALARM: Destined = { door: 'slack', place: { channel: '#alarm' }, digestAt: null }
const take = (owner: string, limit = 10) => store.deliveries.takeLines('slack', owner, LEASE_MS, limit)

/** Says something in the outbox and puts it into these lines. */
async function say(title: string, ...to: readonly Destined[]): Promise<string> {
  await store.outbox.add({ severity: 'info', title })
  let id = ''
  await store.outbox.deliver(async (notice) => {
    id = notice.id
    await store.deliveries.add(id, to)
  })
  return id
}

async function line(owner = 'a') {
  const [taken] = await take(owner, 1)
  if (taken === undefined) throw new Error('no line is due')
  return taken
}
const titles = (message: { notices: readonly { title: string }[] } | undefined) =>
  message?.notices.map(({ title }) => title)
const FINE = { againInMs: 0, problem: null }

describe('a line', () => {
  it('holds a notice once, and gives them out in order', async () => {
    const id = await say('one', OPS)
    await store.deliveries.add(id, [OPS])
    await say('two', OPS)
    const { id: ops } = await line()

    expect(await store.deliveries.waiting(ops, 60_000)).toMatchObject({ count: 2, toldLately: 0 })
    const first = await store.deliveries.nextMessage(ops, 'a', 1)
    await store.deliveries.told(ops, 'a', first?.id ?? '')
    const second = await store.deliveries.nextMessage(ops, 'a', 1)

    expect([titles(first), titles(second)]).toEqual([['one'], ['two']])
    expect(await store.deliveries.waiting(ops, 60_000)).toMatchObject({ count: 1, toldLately: 1 })
  })

  it('is held by one at a time, and does not hold up another place', async () => {
    await say('both', OPS, ALARM)
    const ops = await line('a')
    const others = await take('b')
    expect(others.map(({ place }) => place)).toEqual([{ channel: '#alarm' }])
    expect(await take('c')).toEqual([])

    await store.deliveries.giveBack(ops.id, 'a', { againInMs: 60_000, problem: 'away' })
    expect(await take('c')).toEqual([])
  })

  it('tells a message that was begun as it was begun, under the same id', async () => {
    await say('one', OPS)
    await say('two', OPS)
    const { id: ops } = await line('a')
    const begun = await store.deliveries.nextMessage(ops, 'a', 2)
    await say('three', OPS)
    await sql`update lines set lease_until = now()`

    const { id: again } = await line('b')
    const repeated = await store.deliveries.nextMessage(again, 'b', 50)

    expect(begun?.isRepeat).toBe(false)
    expect(repeated).toMatchObject({ id: begun?.id, isRepeat: true })
    expect(titles(repeated)).toEqual(['one', 'two'])
  })

  it('changes nothing for somebody who has lost it', async () => {
    await say('one', OPS)
    const { id: ops } = await line('a')
    const begun = await store.deliveries.nextMessage(ops, 'a', 1)
    await sql`update lines set lease_until = now()`
    await line('b')

    await store.deliveries.told(ops, 'a', begun?.id ?? '')
    await store.deliveries.giveBack(ops, 'a', FINE)

    expect(await store.deliveries.nextMessage(ops, 'a', 1)).toBeUndefined()
    expect(await store.deliveries.waiting(ops, 60_000)).toMatchObject({ count: 1 })
    expect(await take('c')).toEqual([])
  })

  it('of a digest waits for its time', async () => {
    const soon = { ...OPS, digestAt: new Date(Date.now() + 60_000) }
    await say('one', soon)
    await say('two', { ...soon, digestAt: new Date(Date.now() + 120_000) })
    expect(await take('a')).toEqual([])

    await sql`update lines set due_at = now()`
    const digest = await line()
    const message = await store.deliveries.nextMessage(digest.id, 'a', 50)
    await store.deliveries.told(digest.id, 'a', message?.id ?? '')
    await store.deliveries.giveBack(digest.id, 'a', FINE)
    await say('three', { ...soon, digestAt: new Date(Date.now() + 60_000) })

    expect(digest.isDigest).toBe(true)
    expect(titles(message)).toEqual(['one', 'two'])
    expect(await take('a')).toEqual([])
  })

  it('is given up when its place is gone, and takes new notices again', async () => {
    await say('one', OPS)
    const { id: ops } = await line()
    expect(await store.deliveries.giveUp(ops, 'a', 'the channel is archived')).toBe(1)
    expect(await take('a')).toEqual([])

    await say('two', OPS)
    expect(titles(await store.deliveries.nextMessage((await line()).id, 'a', 9))).toEqual(['two'])
  })
})

describe('a notice of a key', () => {
  it('is added once, however many add it', async () => {
    const add = () => store.outbox.addOnce('lock web-01', { severity: 'warning', title: 'it ends soon' })
    const added = await Promise.all([add(), add(), add()])

    expect(added.filter(Boolean)).toHaveLength(1)
    expect(await add()).toBe(false)
    expect(await sql`select title from outbox`).toEqual([{ title: 'it ends soon' }])
  })
})

describe('a notice that was told', () => {
  const DAY_MS = 24 * 3_600_000
  const left = async () => (await sql`select title from outbox order by id`).map(({ title }) => String(title))
  async function tell(): Promise<void> {
    const { id } = await line()
    const message = await store.deliveries.nextMessage(id, 'a', 50)
    await store.deliveries.told(id, 'a', message?.id ?? '')
    await store.deliveries.giveBack(id, 'a', FINE)
  }

  it('is forgotten a while later, with where it was told, a few at a time', async () => {
    for (const title of ['one', 'two', 'three', 'four']) await say(title, OPS)
    await tell()
    expect(await store.deliveries.forget(DAY_MS, 10)).toBe(0)

    await sql`update outbox set delivered_at = delivered_at - interval '2 days'`
    expect(await store.deliveries.forget(DAY_MS, 2)).toBe(2)
    expect(await left()).toEqual(['three', 'four'])
    expect(await store.deliveries.forget(DAY_MS, 10)).toBe(1)
    // The newest holds the place of the next one's number.
    expect(await left()).toEqual(['four'])
    expect(await sql`select from deliveries`).toHaveLength(1)
  })

  it('stays while it waits in a line, and when it is never to be said again', async () => {
    await say('it waits', OPS)
    await store.outbox.addOnce('lock web-01', { severity: 'warning', title: 'once only' })
    await say('the newest', ALARM)
    await sql`update outbox set delivered_at = now() - interval '2 days'`

    expect(await store.deliveries.forget(DAY_MS, 10)).toBe(0)
    expect(await left()).toEqual(['it waits', 'once only', 'the newest'])
  })
})
