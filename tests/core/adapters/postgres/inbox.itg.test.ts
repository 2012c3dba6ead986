import { describe, expect, it } from 'vitest'
import { freshStore } from '../../../support/fresh-store.ts'

const { store, sql } = await freshStore()
const { inbox, gates } = store

let taken = 0
const take = async (place: string): Promise<string> => {
  const id = `d-${++taken}`
  await inbox.take({ id, event: 'issue_comment.created', place, what: { n: taken } })
  return id
}
const names = (deliveries: readonly { id: string }[]): string[] => deliveries.map(({ id }) => id)

describe('the inbox', () => {
  it('takes a delivery once, whoever sends it again', async () => {
    const one = { id: 'same', event: 'e', place: 'p', what: {} }

    expect(await Promise.all([inbox.take(one), inbox.take(one)])).toContain(false)
    expect(await inbox.take(one)).toBe(false)
    expect(await inbox.isKnown('same')).toBe(true)
    const [claimed] = await inbox.claim('a', 60_000, 10)
    await inbox.done(claimed?.id ?? '', 'a', 'ok')
    expect(await inbox.take(one)).toBe(false)
  })

  it('hands each to one owner, and those of one place in their order', async () => {
    const [first, second, other] = [await take('x'), await take('x'), await take('y')]
    const both = await Promise.all([inbox.claim('a', 60_000, 10), inbox.claim('b', 60_000, 10)])

    expect(names(both.flat()).sort()).toEqual([first, other].sort())
    const owner = names(both[0]).includes(first) ? 'a' : 'b'
    await inbox.done(first, owner, 'ok')
    expect(names(await inbox.claim('c', 60_000, 10))).toEqual([second])
    await sql`update github_deliveries set done_at = now()`
  })

  it('gives up nothing: what its owner left is taken over, and a late owner changes nothing', async () => {
    const id = await take('z')
    await inbox.claim('dead', 1, 10)
    const again = await inbox.claim('alive', 60_000, 10)
    await inbox.done(id, 'dead', 'late')

    expect(names(again)).toEqual([id])
    await inbox.again(id, 'alive', 0, 'not now')
    expect(await inbox.claim('next', 60_000, 10)).toMatchObject([{ id, tries: 1 }])
    await inbox.done(id, 'next', 'ok')
  })

  it('lets one delivery follow another, once', async () => {
    const id = await take('w')
    const [{ number } = { number: 0 }] = await inbox.claim('a', 60_000, 10)

    expect(await inbox.follow(number, 'me')).toBe(true)
    expect(await inbox.follow(number, 'me')).toBe(true)
    expect(await inbox.follow(number, 'you')).toBe(false)
    expect((await inbox.byNumber(number, 60_000))?.id).toBe(id)
    expect(await inbox.byNumber(number, 0)).toBeUndefined()
  })
})

describe('a gate', () => {
  it('is one per run and environment, and its first request and decision stand', async () => {
    const run = { issuer: 'https://github.test', repositoryId: '1', runId: '2', attempt: '1' }
    const wanted = { ...run, repository: 'acme/web', installationId: 3, environment: 'Production' }
    const gate = await gates.open(wanted, true)

    expect((await gates.open({ ...wanted, environment: 'production' }, true)).id).toBe(gate.id)
    // Another GitHub has its own repository 1 with its own run 2.
    const elsewhere = { ...wanted, issuer: 'https://ghes.test/_services/token' }
    expect(await gates.ofRun(elsewhere)).toEqual([])
    const other = await gates.open(elsewhere, true)
    expect(other.id).not.toBe(gate.id)
    await gates.answered(other)
    await gates.asked(gate.id, { job: 'web-01', requestedBy: 'olga', approval: 17 })
    await gates.asked(gate.id, { job: 'web-01', requestedBy: 'olga', approval: 18 })
    await gates.decide(gate.id, 'rejected', 'no')
    await gates.decide(gate.id, 'approved', 'yes')
    const [stands] = await gates.ofRun(run)
    expect(stands).toMatchObject({ approval: 17, decision: 'rejected', reason: 'no', answeredAt: null })
    expect(await gates.ofApproval(17)).toHaveLength(1)
    const [asked = gate] = await gates.ofRun(run)
    await gates.answered(asked)
    expect(await gates.claim('a', 60_000, 10)).toEqual([])

    await gates.open(wanted, false)
    expect(await gates.claim('a', 60_000, 10)).toEqual([])
    // Another job of the run asks: it hears the same.
    await gates.open(wanted, true)
    const [again] = await gates.claim('a', 60_000, 10)
    expect(again).toMatchObject({ id: gate.id, decision: 'rejected' })
  })

  it('is answered once more when GitHub asks between the answer and its recording', async () => {
    const run = { issuer: 'https://github.test', repositoryId: '1', runId: '3', attempt: '1' }
    const wanted = { ...run, repository: 'acme/web', installationId: 3, environment: 'production' }
    const { id } = await gates.open(wanted, true)
    const claimed = (await gates.claim('a', 60_000, 10)).find((gate) => gate.id === id)
    if (claimed === undefined) throw new Error('the gate is not due')

    // As it was claimed a second ago, before the question that stands now.
    await gates.answered({ id, askedAt: new Date(claimed.askedAt.getTime() - 1000) })
    const [second] = await gates.claim('b', 60_000, 10)
    expect(second).toMatchObject({ id, answeredAt: null })
    if (second !== undefined) await gates.answered(second)
    expect(await gates.claim('b', 60_000, 10)).toEqual([])
  })
})
