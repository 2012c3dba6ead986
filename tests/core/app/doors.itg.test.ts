import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../../core/adapters/postgres/store.ts'
import { systemClock } from '../../../core/app/clock.ts'
import type { DoorWork } from '../../../core/app/door-ticks.ts'
import { createDoorWork } from '../../../core/app/door-ticks.ts'
import { DoorBusy, PlaceGone } from '../../../core/app/doors.ts'
import { createLog } from '../../../core/app/log.ts'
import { Policy } from '../../../core/domain/policy.ts'
import type { Notice } from '../../../core/ports/notices.ts'
import type { Store } from '../../../core/ports/store.ts'
import { aJob, anEntry } from '../../support/a-job.ts'
import type { FakeDoor } from '../../support/fake-door.ts'
import { fakeDoor } from '../../support/fake-door.ts'
import { jobIn } from '../../support/job-in-state.ts'
import { freshDatabase } from '../../support/postgres.ts'

const policy = Policy.parse({
  people: [
    { name: 'olga', role: 'operator', slack: 'U0OLGA1' },
    { name: 'paula', role: 'approver', slack: 'U0PAULA' },
    { name: 'pete', role: 'approver' },
    { name: 'ada', role: 'admin', slack: 'U0ADA11' },
  ],
  github: { reports: [{ repository: 'acme/web' }] },
  notices: [
    { channel: '#ops', severity: 'info', live: 'on' },
    { channel: '#alarm', severity: 'error' },
    { jobs: 'web-*', channel: '#digest', severity: 'info', digest: '1h' },
  ],
})

let store: Store
let sql: postgres.Sql
let door: FakeDoor
let work: DoorWork
beforeAll(async () => {
  const url = await freshDatabase()
  store = await openStore(url)
  sql = postgres(url, { max: 1, onnotice: () => undefined })
})
beforeEach(async () => {
  for (const table of ['deliveries', 'lines', 'posts', 'outbox']) await sql`delete from ${sql(table)}`
  await sql`update approvals set status = 'void' where status = 'open'`
  await sql`update syncs set ended_at = now() - interval '1 day' where result is not null`
  await sql`update syncs set result = 'cancelled', ended_at = now() - interval '1 day' where result is null`
  door = fakeDoor()
  work = atDoor(door)
})
afterAll(() => Promise.all([store.close(), sql.end()]))

const log = createLog({ level: 'silent', secrets: [] })
/** What one replica does for its doors. */
const atDoor = (...doors: FakeDoor[]) =>
  createDoorWork({ store, clock: systemClock, policy: () => policy, log }, doors, 1000)

/** What the clock would wake, once. */
async function tick(of = work): Promise<void> {
  await store.outbox.deliver(of.spread)
  for (const { run } of of.ticks) await run(new AbortController().signal)
}
/** Time passes: whatever was put off is due, and nobody is remembered to have been told lately. */
async function later(): Promise<void> {
  await sql`update posts set due_at = now(), retry_at = null, lease_until = null`
  await sql`update lines set retry_at = null, lease_until = null`
}
const seenAt = (channel: string) =>
  [...door.messages.values()].filter(({ place }) => place['channel'] === channel)
const titlesAt = (channel: string) => seenAt(channel).map(({ view }) => view.reply.title)
const say = (title: string, more: Partial<Notice> = {}) =>
  store.outbox.add({ severity: 'info', title, ...more })

describe('a live message of a sync', () => {
  it('is put up where the policy wants it, kept true, and ends with what changed', async () => {
    const job = await aJob(store, 'syncing')
    await tick()
    await tick()
    expect(titlesAt('#ops')).toEqual([`Sync #1 of ${job.name} is comparing.`])
    expect(door.calls).toEqual(['show sync-running'])

    await store.jobs.change(job, { set: { state: 'waiting' }, endSync: { result: 'ok' }, audit: anEntry() })
    await tick()
    await later()
    await tick()

    expect(titlesAt('#ops')).toEqual([`Sync #1 of ${job.name} has ended.`])
    expect(seenAt('#ops')[0]?.view).toMatchObject({ closed: true, tone: 'good' })
    expect(door.calls).toEqual(['show sync-running', 'show sync-ended'])
  })

  it('becomes the troubleshoot view when the sync fails, with retry as the way on', async () => {
    const job = await aJob(store, 'syncing')
    await tick()
    const fault = { code: 'AGENT_OFFLINE', detail: 'nobody answers', at: new Date(), tries: 5 }
    await store.jobs.change(job, { set: { state: 'error', resume: 'syncing', fault }, audit: anEntry() })
    await tick()

    const [message] = seenAt('#ops')
    expect(message?.view).toMatchObject({
      ...{ tone: 'bad', closed: false },
      reply: { code: 'sync-failed', facts: { Code: 'AGENT_OFFLINE', 'What happened': 'nobody answers' } },
    })
    expect(message?.view.reply.actions?.map(({ label }) => label)).toContain('retry')
  })

  it('of a sync that has begun and ended between two looks is put up as it ended', async () => {
    await aJob(store, 'waiting')
    await tick()
    expect(seenAt('#ops')).toMatchObject([{ view: { closed: true } }])
  })

  it('and what is shown of it at another door lead to each other, and to the workflow run that has asked', async () => {
    const leading = (name: 'slack' | 'github'): FakeDoor =>
      Object.assign(fakeDoor(name), {
        link: ({ remoteId }: { remoteId: string | null }) => ({
          label: name,
          url: `https://${name}/${remoteId}`,
        }),
      })
    const [slack, github] = [leading('slack'), leading('github')]
    const both = atDoor(slack, github)
    const url = 'https://github.com/acme/web/actions/runs/9000'
    const { actor, ...entry } = anEntry('start')
    await store.jobs.change(await aJob(store, 'ready'), {
      set: { state: 'preparing' },
      startSync: { kind: 'full', trigger: 'manual', askedBy: 'olga' },
      audit: { ...entry, actor: { ...actor, page: url } },
    })
    for (let times = 0; times < 3; times++) {
      await tick(both)
      await later()
    }

    const linksAt = (at: FakeDoor) => [...at.messages.values()].map(({ view }) => view.links)
    const run = { label: 'Workflow run', url }
    expect(linksAt(slack)).toEqual([[run, { label: 'github', url: 'https://github/m1' }]])
    expect(linksAt(github)).toEqual([[run, { label: 'slack', url: 'https://slack/m1' }]])
  })

  it('is no deployment but for the last one; a completion without a last sync is one of its own', async () => {
    const github = fakeDoor('github')
    const at = atDoor(github)
    const job = await jobIn(store, 'completing')
    await tick(at)
    const deployments = () =>
      [...github.messages.values()].filter(({ place }) => place['environment'] === `ferry/${job.name}`)
    expect(deployments()).toMatchObject([{ view: { tone: 'moving', closed: false } }])

    await store.jobs.change(job, { set: { state: 'completed', endedAt: new Date() }, audit: anEntry() })
    await later()
    await tick(at)
    expect(deployments()).toMatchObject([
      { view: { tone: 'good', closed: true, reply: { title: `${job.name} is Completed.` } } },
    ])
  })

  it('stands beside no notice that says the same', async () => {
    const job = await aJob(store, 'syncing')
    await store.outbox.add({ severity: 'info', title: 'it has ended', shownBy: 'sync' }, job.id)
    await store.outbox.add({ severity: 'error', title: 'it is in Error' }, job.id)
    await tick()

    expect(titlesAt('#ops')).toContain('it is in Error')
    expect(titlesAt('#ops')).not.toContain('it has ended')
  })
})

describe('a request for approval', () => {
  it('C3: is shown at the routes and to each person who may decide, and shows who decided', async () => {
    const job = await aJob(store, 'waiting')
    const asked = { command: 'complete', args: { job: job.name }, requestedBy: 'ada', needed: 1 }
    const approval = await store.approvals.request(
      {
        ...{ ...asked, jobId: job.id, jobVersion: job.version, evidence: { 'Last sync': '#1' } },
        expiresAt: new Date(Date.now() + 60_000),
      },
      anEntry(),
      { severity: 'warning', title: 'asks', shownBy: 'approval' },
    )
    await tick()

    const shown = [...door.messages.values()].filter(({ view }) => view.reply.code === 'approval-open')
    const places = shown.map(({ place }) => Object.values(place)[0])
    expect(new Set(places)).toEqual(new Set(['#ops', '#digest', 'U0PAULA']))
    expect(places).toHaveLength(3)
    expect(shown[0]?.view.reply).toMatchObject({
      facts: { 'Last sync': '#1', 'Asked by': expect.stringMatching(/^ada, /) as string },
      actions: [{ command: `approve ${approval.number}` }, { label: 'deny' }],
    })

    const reason = 'not tonight'
    await store.approvals.decide(approval.number, { by: 'paula', approve: false, reason }, anEntry())
    await tick()

    const shownNow = [...door.messages.values()].filter(({ view }) => view.reply.code.startsWith('approval'))
    expect(shownNow).toHaveLength(3)
    for (const { view } of shownNow)
      expect(view).toMatchObject({
        closed: true,
        reply: { code: 'approval-denied', facts: { 'Denied by': 'paula', Reason: reason } },
      })
  })
})

describe('a cutover', () => {
  it('is shown where its jobs are shown live, and to whoever is asked to take it over', async () => {
    const job = await aJob(store, 'waiting')
    const startedAt = new Date()
    const plan = { startedBy: 'olga', startedAt, concurrency: 1, stopsOnFailure: true, verifies: true }
    const opened = await store.cutovers.start(
      {
        ...{ ...plan, roles: { lead: 'olga' }, offers: [], signedOff: null, ended: null },
        jobs: [{ jobId: job.id, job: job.name, ticks: {}, obstacle: null }],
      },
      anEntry('cutover start'),
      { severity: 'info', title: 'opened' },
    )
    if (opened === undefined) throw new Error('it was not opened')
    await tick()
    const rooms = () =>
      [...door.messages.values()].filter(({ view }) => view.reply.code.startsWith('cutover-'))
    expect(rooms()).toMatchObject([{ place: { channel: '#ops' }, view: { tone: 'waits', closed: false } }])

    const offer = { role: 'lead', to: 'paula', by: 'olga', at: startedAt } as const
    const offered = await store.cutovers.change({ ...opened, offers: [offer] }, anEntry('handover'))
    if (offered === undefined) throw new Error('nothing was offered')
    await tick()
    expect(rooms().map(({ place }) => place)).toEqual([{ channel: '#ops' }, { user: 'U0PAULA' }])
    expect(rooms()[0]?.view.reply.facts['Roles']).toContain('lead offered to paula')

    const ended = { by: 'olga', at: startedAt, result: 'stopped', reason: 'not tonight' } as const
    await store.cutovers.change({ ...offered, ended }, anEntry('cutover stop'))
    await tick()
    expect(rooms()).toMatchObject([{ view: { closed: true } }, { view: { closed: true } }])
  })
})

describe('a post at a door in bad weather', () => {
  it('is shown once when the door dies between sending and recording', async () => {
    await aJob(store, 'syncing')
    door.weather = 'dies after sending'
    await tick()
    door.weather = 'fair'
    await later()
    await tick()

    expect(seenAt('#ops')).toHaveLength(1)
    expect(door.calls).toHaveLength(2)
  })

  it('comes late when the door is away, and does not hold up another place', async () => {
    const job = await aJob(store, 'syncing')
    const post = { door: 'slack', kind: 'job', subject: { kind: 'job', id: job.id } } as const
    await store.posts.open([{ ...post, place: { channel: '#other' } }])
    door.weather = 'away'
    door.onlyAt = '#ops'
    await tick()
    expect([seenAt('#ops'), seenAt('#other')].map(({ length }) => length)).toEqual([0, 1])

    door.weather = 'fair'
    await tick()
    expect(seenAt('#ops')).toHaveLength(0)
    await later()
    await tick()
    expect(seenAt('#ops')).toHaveLength(1)
  })

  it('waits as long as the door asks for, and so do the others when the door means all of them', async () => {
    await aJob(store, 'syncing')
    door.weather = new DoorBusy(30_000, { isWhole: true })
    await tick()
    await aJob(store, 'syncing')
    await later()
    await tick()
    expect(door.calls).toHaveLength(1)

    const [post] =
      await sql`select tries, problem from posts where retry_at is null order by opened_at limit 1`
    expect(post).toMatchObject({ tries: 0 })
  })

  it('is closed when its place is gone', async () => {
    await aJob(store, 'syncing')
    door.weather = new PlaceGone('is_archived')
    await tick()
    door.weather = 'fair'
    await later()
    await tick()

    expect(door.calls).toHaveLength(1)
    expect(await sql`select problem from posts where closed_at is not null`).toEqual([
      { problem: 'is_archived' },
    ])
  })

  it('is given up when what it shows is over and its place was out of reach for a day, and not before', async () => {
    await aJob(store, 'syncing')
    door.weather = 'away'
    await tick()
    const tryOnceMore = async (tries: number) => {
      await sql`update posts set tries = ${tries}, retry_at = null`
      await later()
      await tick()
      return (await sql`select 1 from posts where closed_at is null`).length
    }
    expect(await tryOnceMore(400)).toBe(1)

    await sql`update syncs set result = 'cancelled', ended_at = now() where result is null`
    expect([await tryOnceMore(20), await tryOnceMore(400)]).toEqual([1, 0])
  })
})

describe('notices', () => {
  it('come in order, each once, and those of a severity only where they are wanted', async () => {
    await say('one')
    await say('two', { severity: 'error' })
    await tick()
    await later()
    await tick()

    expect(titlesAt('#ops')).toEqual(['one', 'two'])
    expect(titlesAt('#alarm')).toEqual(['two'])
  })

  it('are told once when the door dies between sending and recording', async () => {
    await say('one')
    door.weather = 'dies after sending'
    await tick()
    await say('two')
    door.weather = 'fair'
    await later()
    await tick(atDoor(door))

    expect(titlesAt('#ops')).toEqual(['one', 'two'])
  })

  it('of a place that hangs wait, while another place hears its own', { timeout: 30_000 }, async () => {
    await say('one', { severity: 'error' })
    door.weather = 'hangs'
    door.onlyAt = '#ops'
    const stop = new AbortController()
    await store.outbox.deliver(work.spread)
    const telling = work.ticks.find(({ name }) => name === 'lines-slack')?.run(stop.signal)
    await expect.poll(() => titlesAt('#alarm')).toEqual(['one'])
    expect(titlesAt('#ops')).toEqual([])
    stop.abort()
    await telling

    door.weather = 'fair'
    await later()
    await tick()
    expect(titlesAt('#ops')).toEqual(['one'])
  })

  it('survive an outage of the door and come in order after it', async () => {
    door.weather = 'away'
    for (const title of ['one', 'two', 'three']) {
      await say(title)
      await tick()
      await later()
    }
    door.weather = 'fair'
    await tick()

    expect(titlesAt('#ops')).toEqual(['one', 'two', 'three'])
  })

  it('become one message instead of a flood', async () => {
    for (let count = 0; count < 12; count++) await say(`n${count}`, count === 7 ? { severity: 'error' } : {})
    await tick()

    expect(titlesAt('#ops')).toEqual(['12 notices: 1 error, 11 info.'])
    const [message] = seenAt('#ops')
    expect(message?.view.tone).toBe('bad')
    expect(message?.view.reply.table?.rows.map((row) => row[3]).slice(0, 3)).toEqual(['n7', 'n0', 'n1'])
  })

  it('are gathered where the policy asks for a digest, and told together at its time', async () => {
    const job = await aJob(store)
    await sql`delete from outbox`
    for (const title of ['one', 'two']) await store.outbox.add({ severity: 'info', title }, job.id)
    await tick()
    expect(titlesAt('#digest')).toEqual([])

    await sql`update lines set due_at = now() where is_digest`
    await tick()
    expect(titlesAt('#digest')).toEqual(['2 notices of 1 job: 2 info.'])
  })

  it('are lost with a place that is gone, and the next place hears on', async () => {
    await say('one', { severity: 'error' })
    door.weather = new PlaceGone('channel_not_found')
    door.onlyAt = '#ops'
    await tick()
    door.weather = 'fair'
    await later()
    await tick()

    expect([titlesAt('#ops'), titlesAt('#alarm')]).toEqual([[], ['one']])
  })
})
