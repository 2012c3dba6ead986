import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Job } from '../../../core/domain/job.ts'
import type { TestBot } from '../../support/bot.ts'
import { PEOPLE, startTestBot } from '../../support/bot.ts'
import { eventually } from '../../support/eventually.ts'
import { jobIn } from '../../support/job-in-state.ts'
import type { Shown, SlackPerson } from '../../support/slack-person.ts'
import { slackPerson, wordsOf } from '../../support/slack-person.ts'
import type { SlackRig } from '../../support/slack-rig.ts'
import { startSlackRig } from '../../support/slack-rig.ts'
import type { Call } from '../../support/slack-workspace.ts'

let rig: SlackRig
let other: TestBot
beforeAll(async () => {
  rig = await startSlackRig()
  const { apiUrl, token } = rig.workspace
  other = await startTestBot({
    people: Object.fromEntries(PEOPLE.map((name) => [name, { slack: rig.workspace.userId(name) }])),
    env: { DATABASE_URL: rig.bot.databaseUrl, SLACK_API_URL: apiUrl, SLACK_BOT_TOKEN: token },
  })
})
afterAll(async () => {
  expect(rig.workspace.problems).toEqual([])
  await other.stop()
  await rig.stop()
})

/** A person whose requests do not arrive until the test lets them. */
function slow(user: (typeof PEOPLE)[number]): { readonly person: SlackPerson; readonly sent: RequestInit[] } {
  const sent: RequestInit[] = []
  const bring = async (request: RequestInit) => new Response(String(sent.push(request)))
  const seat = { url: rig.bot.url, workspace: rig.workspace, user, channel: 'migrations', bring }
  return { person: slackPerson(seat), sent }
}
const arrive = (request: RequestInit | undefined, bot: TestBot = rig.bot): Promise<Response> =>
  fetch(`${bot.url}/slack/events`, request)

const ANSWERS = ['respond', 'chat.postMessage', 'chat.postEphemeral', 'views.update']
const isTold = ({ method, args, answer }: Call): boolean =>
  ANSWERS.includes(method) &&
  answer === 'ok' &&
  args['thread_ts'] === undefined &&
  args['delete_original'] === undefined
/** What people have seen of a job since so many calls, without the detail in threads. */
const seenOf = (from: number, words: string): readonly Shown[] =>
  rig.workspace.calls
    .slice(from)
    .filter(isTold)
    .map(({ args }) => (args['view'] ?? args) as Shown)
    .filter((shown) => `${String(shown['text'])} ${wordsOf(shown)}`.includes(words))
const stateOf = async ({ id }: Job) => (await rig.store.jobs.byId(id))?.state
const doneTo = async ({ id }: Job, action: string) =>
  (await rig.store.audit.list({ jobId: id, limit: 50 })).filter(
    (row) => row.action === action && !row.outcome.startsWith('refused'),
  )

/** Everything that came to either replica before has been answered. */
async function settled(): Promise<void> {
  for (const bot of [rig.bot, other]) {
    const from = rig.workspace.calls.length
    const { person, sent } = slow('viewer')
    await person.types('whoami')
    await arrive(sent[0], bot)
    await rig.next('respond', from, ({ args }) => args['text'] === 'You are viewer, viewer.')
  }
}

describe('requests of one conversation that arrive in another order than they were sent', () => {
  it('commands are carried out as they arrive, each is answered once, and nothing illegal happens', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const { person, sent } = slow('operator')
    await person.types(`pause ${job.name}`)
    await person.types(`resume ${job.name}`)
    const from = rig.workspace.calls.length

    await arrive(sent[1])
    await eventually('the refusal', async () => seenOf(from, 'not possible while').length > 0)
    await arrive(sent[0])
    await eventually('the pause', async () => seenOf(from, `${job.name} is Paused`).length > 0)
    await settled()

    expect(await stateOf(job)).toBe('paused')
    expect(seenOf(from, job.name)).toHaveLength(2)
    expect(await doneTo(job, 'resume')).toEqual([])
  })

  it('of two people who decide, the one whose click arrives first does; the other is told so', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const confirm = await rig.told(() => rig.person('operator').types(`complete ${job.name}`))
    await rig.person('operator').presses(confirm, 'Yes', { own: true })
    const request = await eventually('the request', async () => (await rig.store.approvals.open(job.id))[0])
    const before = rig.workspace.calls.length
    await rig.person('approver').types(`request ${request.number}`)
    const { args: card } = await rig.next('respond', before, ({ args }) => args['blocks'] !== undefined)
    const [first, second] = [slow('approver'), slow('admin')]
    await first.person.presses(card, 'Approve', { own: true })
    await second.person.presses(card, 'Approve', { own: true })
    const from = rig.workspace.calls.length

    await arrive(second.sent[0])
    await eventually('the completion', async () => (await stateOf(job)) === 'completing')
    await arrive(first.sent[0], other)
    await eventually('the word to the later', async () => seenOf(from, 'approved and carried out').length > 0)
    await settled()

    expect((await rig.store.approvals.byNumber(request.number))?.approvedBy).toEqual(['admin'])
    expect((await doneTo(job, 'complete')).map(({ outcome }) => outcome)).toEqual([
      'completing',
      'approval asked',
    ])
  })

  it('forms are taken as they arrive; the last word in the channel is what is in force', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const { person, sent } = slow('operator')
    const form = await formOf(job, 'interval')
    await person.sends(form, { every: '2h' })
    await person.sends(form, { every: '8h' })
    const from = rig.workspace.calls.length

    await arrive(sent[1])
    await eventually('the first answer', async () => seenOf(from, '8h').length > 0)
    await arrive(sent[0])
    await eventually('the second answer', async () => seenOf(from, '2h').length > 0)
    await settled()

    expect(seenOf(from, job.name)).toHaveLength(2)
    expect(wordsOf(seenOf(from, job.name).at(-1) ?? {})).toContain('2h')
    expect((await rig.store.jobs.byId(job.id))?.pendingIntervalMs).toBe(2 * 3_600_000)
  })

  it('an event of long ago is not carried out any more, and that is said', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const from = rig.workspace.calls.length
    await rig.person('operator').mentions(`pause ${job.name}`, 420)

    const { args } = await rig.next('chat.postEphemeral', from)
    expect(args['text']).toContain('7 min after it was written, so nothing was done')
    await rig.person('operator').mentions(`status ${job.name}`, 120)
    const next = await rig.next('chat.postEphemeral', from, (call) => call.args !== args)
    expect(next.args['text']).toContain(`${job.name} is Waiting`)
    expect(await stateOf(job)).toBe('waiting')
  })
})

describe('the same signed request at two replicas', () => {
  const atBoth = async (request: RequestInit | undefined): Promise<void> => {
    const answers = await Promise.all([arrive(request), arrive(request, other)])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
  }

  it('of a command has one effect and one visible answer', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const { person, sent } = slow('operator')
    await person.types(`pause ${job.name}`)
    const from = rig.workspace.calls.length

    await atBoth(sent[0])
    await eventually('the pause', async () => seenOf(from, `${job.name} is Paused`).length > 0)
    await settled()

    expect(seenOf(from, job.name)).toHaveLength(1)
    expect(await doneTo(job, 'pause')).toHaveLength(1)
  })

  it('of a click has one effect and one visible answer', async () => {
    const job = await jobIn(rig.store, 'paused')
    const confirm = await rig.told(() => rig.person('operator').types(`clear ${job.name}`))
    const { person, sent } = slow('operator')
    await person.presses(confirm, 'Yes', { own: true })
    const from = rig.workspace.calls.length

    await atBoth(sent[0])
    await eventually('the clearing', async () => (await stateOf(job)) === 'clearing')
    await eventually('the word of it', async () => seenOf(from, job.name).length > 0)
    await settled()

    expect(seenOf(from, job.name)).toHaveLength(1)
    expect(await doneTo(job, 'clear')).toHaveLength(1)
  })

  it('of a form has one effect and one visible answer', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const form = await formOf(job, 'interval')
    const { person, sent } = slow('operator')
    await person.sends(form, { every: '3h' })
    const from = rig.workspace.calls.length

    await atBoth(sent[0])
    await eventually('the answer', async () => seenOf(from, '3h').length > 0)
    await settled()

    expect(seenOf(from, job.name)).toHaveLength(1)
    expect(await doneTo(job, 'interval')).toHaveLength(1)
  })

  it('of an event has one effect and one visible answer', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const { person, sent } = slow('operator')
    await person.mentions(`status ${job.name}`)
    const from = rig.workspace.calls.length

    await atBoth(sent[0])
    await rig.next('chat.postEphemeral', from)
    await settled()

    expect(
      rig.workspace.calls.slice(from).filter(({ method }) => method === 'chat.postEphemeral'),
    ).toHaveLength(1)
  })
})

/** The form of a command, as its button opens it. */
async function formOf(job: Job, command: string): Promise<Shown> {
  const from = rig.workspace.calls.length
  await rig.person('operator').types(`${command} ${job.name}`)
  const { args } = await rig.next('views.update', from)
  return { ...(args['view'] as object), id: args['view_id'] }
}
