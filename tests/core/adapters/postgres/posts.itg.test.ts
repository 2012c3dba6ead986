import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../../../core/adapters/postgres/store.ts'
import { DEFAULT_OPTIONS } from '../../../../core/domain/verification.ts'
import type { NewPost } from '../../../../core/ports/posts.ts'
import type { Store } from '../../../../core/ports/store.ts'
import { aJob, anEntry } from '../../../support/a-job.ts'
import { anImageOf } from '../../../support/job-in-state.ts'
import { freshDatabase } from '../../../support/postgres.ts'

let store: Store
let sql: postgres.Sql
beforeAll(async () => {
  const url = await freshDatabase()
  store = await openStore(url)
  sql = postgres(url, { max: 1, onnotice: () => undefined })
})
beforeEach(() => sql`delete from posts`)
afterAll(() => Promise.all([store.close(), sql.end()]))

const LEASE_MS = 30_000
const DAY_MS = 24 * 3_600_000
const STILL = { remoteId: 'C1 17.5', digest: 'd1', againInMs: 60_000, closed: false }
const take = (owner: string, limit = 10) => store.posts.take('slack', owner, LEASE_MS, limit)

async function aPost(more: Partial<NewPost> = {}) {
  const job = await aJob(store, 'waiting')
  const post: NewPost = {
    ...{ door: 'slack', kind: 'job', subject: { kind: 'job', id: job.id }, place: { channel: '#ops' } },
    ...more,
  }
  await store.posts.open([post])
  return { job, post }
}

describe('a post', () => {
  it('is opened once at a place, however often that is asked for', async () => {
    const { post, job } = await aPost()
    const elsewhere = { ...post, place: { channel: '#ops', thread: '17.5' } }
    await store.posts.open([post, elsewhere])
    await store.posts.open([post])

    const taken = await take('a')

    expect(taken).toHaveLength(2)
    expect(taken[0]).toMatchObject({
      ...{ door: 'slack', kind: 'job', subject: { kind: 'job', id: job.id }, place: { channel: '#ops' } },
      ...{ remoteId: null, shown: null, tries: 1, closedAt: null, mark: String(job.version) },
    })
  })

  it('is held by one at a time, and taken over when its holder has died', async () => {
    await aPost()
    const [mine] = await take('a')
    expect(await take('b')).toEqual([])

    await sql`update posts set lease_until = now()`
    const [theirs] = await take('b')
    if (mine === undefined || theirs === undefined) throw new Error('it was not taken')
    await store.posts.shown(mine, 'a', { ...STILL, remoteId: 'of a' })
    await store.posts.shown(theirs, 'b', STILL)

    expect(theirs).toMatchObject({ id: mine.id, tries: 2 })
    expect(await store.posts.byId(mine.id)).toMatchObject({ remoteId: 'C1 17.5', shown: 'd1', tries: 0 })
    expect(await store.posts.byRemoteId('slack', 'C1 17.5')).toMatchObject({ id: mine.id })
  })

  it('is shared among replicas, each with one', async () => {
    for (let count = 0; count < 12; count++) await aPost()
    const taken = await Promise.all(Array.from({ length: 12 }, (_, n) => take(`owner ${n}`, 1)))
    expect(new Set(taken.flat().map(({ id }) => id)).size).toBe(12)
  })

  it('is due at once when its subject moves, else when it was said to be', async () => {
    const { job } = await aPost()
    const [post] = await take('a')
    if (post === undefined) throw new Error('it was not taken')
    await store.posts.shown(post, 'a', STILL)
    expect(await take('a')).toEqual([])

    await store.jobs.change(job, { set: { keep: 4 }, audit: anEntry() })
    const [moved] = await take('a')
    if (moved === undefined) throw new Error('it has not moved')
    await store.posts.shown(moved, 'a', { ...STILL, againInMs: 0 })

    expect(moved).toMatchObject({ id: post.id, remoteId: 'C1 17.5', mark: String(job.version + 1) })
    expect(await take('a')).toHaveLength(1)
  })

  it('shows first what has moved', async () => {
    const [slow, quick] = [await aPost(), await aPost()]
    for (const post of await take('a')) await store.posts.shown(post, 'a', { ...STILL, againInMs: 0 })
    await store.jobs.change(quick.job, { set: { keep: 4 }, audit: anEntry() })

    const order = (await take('a')).map(({ subject }) => subject.id)

    expect(order).toEqual([quick.job.id, slow.job.id])
  })

  it('of a request for approval moves with each decision', async () => {
    const job = await aJob(store, 'waiting')
    const asked = { command: 'complete', args: {}, requestedBy: 'olga', needed: 2, evidence: {} }
    const approval = await store.approvals.request(
      { ...asked, jobId: job.id, jobVersion: job.version, expiresAt: new Date(Date.now() + 60_000) },
      anEntry(),
      { severity: 'warning', title: 'asks' },
    )
    await aPost({ kind: 'approval', subject: { kind: 'approval', id: String(approval.number) } })
    const [post] = await take('a')
    if (post === undefined) throw new Error('it was not taken')
    await store.posts.shown(post, 'a', STILL)

    await store.approvals.decide(approval.number, { by: 'paula', approve: true, reason: null }, anEntry())

    expect(await take('a')).toMatchObject([{ mark: 'open/1' }])
  })

  it('of a cutover is due as soon as somebody asks to complete one of its jobs, and as one is verified', async () => {
    const job = await aJob(store, 'waiting')
    const plan = {
      ...{ startedBy: 'olga', startedAt: new Date(), concurrency: 1, stopsOnFailure: true, verifies: true },
      ...{ jobs: [{ jobId: job.id, job: job.name, ticks: {}, obstacle: null }], roles: {}, offers: [] },
      ...{ signedOff: null, ended: null },
    }
    const notice = { severity: 'info', title: 'x' } as const
    const { number = 0 } = (await store.cutovers.start(plan, anEntry('cutover start'), notice)) ?? {}
    await aPost({ kind: 'cutover', subject: { kind: 'cutover', id: String(number) } })
    const shown = async () => {
      const [post] = await take('a')
      if (post === undefined) throw new Error('it was not due')
      await store.posts.shown(post, 'a', STILL)
    }
    await shown()
    expect(await take('a')).toEqual([])

    const asked = { command: 'complete', args: {}, requestedBy: 'olga', needed: 1, evidence: {} }
    await store.approvals.request(
      { ...asked, jobId: job.id, jobVersion: job.version, expiresAt: new Date(Date.now() + 60_000) },
      anEntry(),
      { severity: 'warning', title: 'asks' },
    )
    await shown()
    expect(await take('a')).toEqual([])
    await anImageOf(store, job, 'm-1')
    const [image] = await store.images.list(job.id)
    await store.verifications.start(image?.id ?? '', job.id, 'olga', DEFAULT_OPTIONS, anEntry('verify'))
    await shown()
    expect(await take('a')).toEqual([])
  })

  it('that could not be shown is left alone for a while, whatever moves', async () => {
    const { job } = await aPost()
    const [post] = await take('a')
    if (post === undefined) throw new Error('it was not taken')
    await store.posts.failed(post.id, 'a', { problem: 'away', againInMs: 60_000, countsAsTry: true })
    await store.jobs.change(job, { set: { keep: 4 }, audit: anEntry() })
    expect(await take('a')).toEqual([])
    expect(await store.posts.byId(post.id)).toMatchObject({ problem: 'away', tries: 1 })

    await sql`update posts set retry_at = now()`
    expect(await take('a')).toMatchObject([{ tries: 2 }])
    await store.posts.failed(post.id, 'a', { problem: 'busy', againInMs: 0, countsAsTry: false })
    expect(await take('a')).toMatchObject([{ tries: 2 }])
  })

  it('is looked at no more once it is closed, and not opened again', async () => {
    const { post } = await aPost()
    const [taken] = await take('a')
    if (taken === undefined) throw new Error('it was not taken')
    await store.posts.shown(taken, 'a', { ...STILL, againInMs: 0, closed: true })
    await store.posts.open([post])

    expect(await take('a')).toEqual([])
    expect((await store.posts.byId(taken.id))?.closedAt).toBeInstanceOf(Date)
  })

  it('adopts the message that a door has put up already', async () => {
    await aPost({ kind: 'reply', remoteId: 'C1 99.1' })
    expect(await take('a')).toMatchObject([{ remoteId: 'C1 99.1', shown: null }])
  })

  it('is forgotten a while after it was closed, a few at a time, and never while it is open', async () => {
    await Promise.all([aPost(), aPost(), aPost()])
    const taken = await take('a')
    for (const post of taken.slice(0, 2)) await store.posts.shown(post, 'a', { ...STILL, closed: true })
    expect(await store.posts.forget(DAY_MS, 10)).toBe(0)

    await sql`update posts set closed_at = closed_at - interval '2 days', opened_at = now() - interval '9 days'`
    expect(await store.posts.forget(DAY_MS, 1)).toBe(1)
    expect(await store.posts.forget(DAY_MS, 10)).toBe(1)
    expect(await store.posts.forget(DAY_MS, 10)).toBe(0)
    expect(await store.posts.byId(taken[2]?.id ?? '')).toMatchObject({ closedAt: null })
  })
})
