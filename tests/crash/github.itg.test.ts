/** The GitHub App, whose bot dies at each write of its part in turn: what it was about happens once and is seen once. */
import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startGitHubBot } from '../support/github-bot.ts'
import { jobIn } from '../support/job-in-state.ts'

/** Dies at a place: nothing that it would write or send after that happens any more. */
const mortal = {
  passed: new Set<string>(),
  fatal: '',
  isDead: false,
  passing: (name: string): void => {
    if (name === mortal.fatal) mortal.isDead = true
    if (mortal.isDead) throw new Error(`dead since ${mortal.fatal}`)
    mortal.passed.add(name)
  },
}
const ferry = await startGitHubBot(
  {
    approvals: { complete: 1 },
    github: { gates: [{ repository: 'ada/operations', environment: 'cutover-{job}' }] },
  },
  {},
  mortal.passing,
)
const { github, store, sql } = ferry
github.away(() => mortal.isDead)
const issue = await github.openIssue('Crashes')

let jobs = 0
const aJob = () => jobIn(store, 'waiting', { name: `web-${String(++jobs).padStart(3, '0')}` })

const dieAt = (place: string): void => void Object.assign(mortal, { fatal: place, isDead: false })
const death = () => eventually(`the death at ${mortal.fatal}`, async () => mortal.isDead)

/** The next life, before which the leases of the last one have run out. */
async function nextLife(): Promise<void> {
  await ferry.stop()
  dieAt('')
  await sql`update github_deliveries set lease_until = now(), due_at = now() where done_at is null`
  await sql`update github_gates set lease_until = now(), due_at = now() where answered_at is null`
  await sql`update answers set lease_until = now() where reply is null`
  await ferry.start()
}

/** The places that are passed by what `live` does, of these parts of the store. */
async function placesOf(live: () => Promise<void>, parts: RegExp): Promise<readonly string[]> {
  mortal.passed.clear()
  await live()
  return [...mortal.passed].filter((place) => parts.test(place))
}

const none = async (table: 'github_deliveries' | 'github_gates', end: string): Promise<boolean> =>
  (await sql`select from ${sql(table)} where ${sql(end)} is null`).length === 0

describe('a bot that dies over a comment', () => {
  /** A command that changes something, seen through to its reply. */
  async function commanded(place?: string): Promise<void> {
    const job = await aJob()
    if (place !== undefined) dieAt(place)
    const asked = await github.comment(issue, 'olga', `/ferry interval ${job.name} 3h`)
    if (place !== undefined) await death().then(nextLife)
    await eventually(`the thumb after ${place ?? 'nothing'}`, async () =>
      github.reactions.get(asked)?.includes('+1'),
    )
    await eventually('the end of the delivery', () => none('github_deliveries', 'done_at'))

    const replies = (await github.comments(issue)).filter(({ id, user }) => id > asked && user.type === 'Bot')
    expect({ place, replies: replies.length }).toEqual({ place, replies: 1 })
    const entries = await store.audit.list({ jobId: job.id, limit: 50 })
    expect(entries.filter(({ action }) => action === 'interval')).toHaveLength(1)
    expect(await store.jobs.byId(job.id)).toMatchObject({ pendingIntervalMs: 3 * 3_600_000 })
  }

  it('has it happen once and answered once, wherever that was', async () => {
    const places = await placesOf(commanded, /inbox\.(take|done)|inbox.claim:after|answers.put|jobs/)
    for (const place of places) await commanded(place)

    expect(places).toEqual(
      expect.arrayContaining(['bot:inbox.take:before', 'bot:jobs.change:after', 'bot:inbox.done:before']),
    )
  })
})

describe('a bot that dies over a gate', () => {
  /** A run that waits, is approved and goes on. */
  async function gated(place?: string): Promise<void> {
    const job = await aJob()
    const from = github.calls.length
    let left = place
    const orDeath = async (work: () => Promise<unknown>): Promise<void> => {
      if (left === undefined) return void (await work())
      await Promise.race([work(), death()])
      if (!mortal.isDead) return
      left = undefined
      await nextLife()
      await work()
    }
    if (place !== undefined) dieAt(place)
    const run = await github.startRun({ actor: 'olga', environment: `cutover-${job.name}` })
    await orDeath(() => eventually('the evidence', async () => run.comments[0]))
    const approved = { status: 'approved', approved_by: ['paula'] }
    await sql`update approvals set ${sql(approved)} where job_id = ${job.id}`
    await orDeath(() => eventually('the decision', async () => run.decision))
    await orDeath(() => eventually('the end of the gate', () => none('github_gates', 'answered_at')))

    const told = github.calls
      .slice(from)
      .filter(({ route, status }) => route.endsWith('protection_rule') && status < 300)
    const answers = told.filter(({ body }) => body['state'] === 'approved').length
    expect({ place, left, answers }).toEqual({ place, answers: 1 })
    // GitHub cannot be asked what it was told: the evidence may stand there twice, and never more often.
    expect(told.length - answers).toBeLessThanOrEqual(2)
    expect(await sql`select from approvals where job_id = ${job.id}`).toHaveLength(1)
    expect(run.comments.at(-1)).toContain('was approved by paula')
  }

  it('has it asked for once and answered, wherever that was', async () => {
    const places = await placesOf(
      gated,
      /gates\.(open|asked|reporting|reported|decide|answered)|gates.claim:after|approvals/,
    )
    for (const place of places) await gated(place)

    expect(places).toEqual(
      expect.arrayContaining([
        ...['bot:gates.open:after', 'bot:approvals.request:after', 'bot:gates.asked:before'],
        ...['bot:gates.reporting:after', 'bot:gates.decide:after', 'bot:gates.answered:before'],
      ]),
    )
  })
})
