import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Job } from '../../../core/domain/job.ts'
import { anEntry } from '../../support/a-job.ts'
import { eventually } from '../../support/eventually.ts'
import { anImageOf, jobIn } from '../../support/job-in-state.ts'
import type { Shown } from '../../support/slack-person.ts'
import { labelsOf, wordsOf } from '../../support/slack-person.ts'
import type { SlackRig } from '../../support/slack-rig.ts'
import { startSlackRig } from '../../support/slack-rig.ts'

let rig: SlackRig
beforeAll(async () => {
  rig = await startSlackRig({
    shows: true,
    policy: { notices: [{ channel: '#migrations', severity: 'info', live: 'on' }] },
  })
})
afterAll(async () => {
  expect(rig.workspace.problems).toEqual([])
  await rig.stop()
})

const about = async (words: string): Promise<readonly Shown[]> =>
  (await rig.workspace.messages(rig.channel)).filter((message) =>
    `${String(message['text'])} ${wordsOf(message)}`.includes(words),
  )
const seen = (words: string): Promise<Shown> =>
  eventually(`a message with "${words}"`, async () => (await about(words)).at(-1))

/** Ends the running sync of a job with an image, as the engine does. */
async function end(job: Job): Promise<void> {
  await anImageOf(rig.store, job, `m-bp1${job.id.slice(0, 6)}`)
  const now = await rig.store.jobs.byId(job.id)
  if (now === undefined) throw new Error('the job is gone')
  await rig.store.jobs.change(now, {
    set: { state: 'waiting', nextSyncAt: null },
    endSync: { result: 'ok' },
    audit: anEntry('sync.finished'),
  })
}

describe('the message of a sync', () => {
  it('is put up once, edited while it moves, and ends with the image and the next sync', async () => {
    const job = await jobIn(rig.store, 'syncing')
    const live = await seen(`Sync #1 of ${job.name} is comparing`)
    expect(labelsOf(live)).toEqual(expect.arrayContaining(['Pause', 'Cancel…']))
    expect(wordsOf(live)).toContain('compare  ░░░░')

    await end(job)
    const ended = await seen(`Sync #1 of ${job.name} has ended`)
    expect(ended['ts']).toBe(live['ts'])
    expect(wordsOf(ended)).toContain('*Next sync*')
    expect(labelsOf(ended)).toContain('Sync')
    expect(await about(`Sync #1 of ${job.name}`)).toHaveLength(1)
  })

  it('becomes what troubleshoot says when it fails, with Retry', async () => {
    const job = await jobIn(rig.store, 'error')
    const failed = await seen(`Sync #1 of ${job.name} has failed`)

    expect(wordsOf(failed)).toContain('*Code*: RECEIVER_UNREACHABLE')
    expect(wordsOf(failed)).toContain('*What to do*')
    expect(labelsOf(failed)).toContain('Retry')
    await rig.person('operator').presses(failed, 'Retry')
    await eventually('the retry', async () => (await rig.store.jobs.byId(job.id))?.state === 'syncing')
    const moving = await seen(`Sync #1 of ${job.name} is comparing`)
    expect(moving['ts']).toBe(failed['ts'])
  })

  it('is the one that the policy asks for when somebody starts the sync in that channel', async () => {
    const job = await jobIn(rig.store, 'waiting')
    await rig.person('operator').types(`sync ${job.name}`)

    const live = await seen(`Sync #2 of ${job.name} is comparing`)
    await eventually('the word of it', async () => (await about(`operator: `)).length > 0)
    expect(await about(`Sync #2 of ${job.name} is`)).toEqual([live])
  })

  it('has its bars to itself: what is pressed in a thread is told there in one line', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const ended = await seen(`Sync #1 of ${job.name} has ended`)
    await rig.person('operator').presses(ended, 'Sync')

    await seen(`Sync #2 of ${job.name} is comparing`)
    const [line] = await eventually('the line in the thread', async () => {
      const replies = await rig.workspace.replies(rig.channel, String(ended['ts']))
      return replies.length > 0 && replies
    })
    expect(wordsOf(line ?? {})).toContain(`*operator: Sync #2 of ${job.name} has started.*`)
    expect(wordsOf(line ?? {})).not.toMatch(/░|State/)
    expect(labelsOf(line ?? {})).toEqual([])
  })

  it('is put up anew when somebody has deleted it', async () => {
    const job = await jobIn(rig.store, 'syncing')
    const live = await seen(`Sync #1 of ${job.name} is comparing`)
    await rig.workspace.ask('chat.delete', { channel: rig.channel, ts: live['ts'] })
    await end(job)

    const ended = await seen(`Sync #1 of ${job.name} has ended`)
    expect(ended['ts']).not.toBe(live['ts'])
  })

  it('is not put up twice when the answer of Slack was lost', async () => {
    rig.workspace.fail('chat.postMessage', 1, { lost: true })
    const job = await jobIn(rig.store, 'syncing')
    await seen(`Sync #1 of ${job.name} is comparing`)
    await end(job)
    await seen(`Sync #1 of ${job.name} has ended`)

    expect(await about(`Sync #1 of ${job.name}`)).toHaveLength(1)
  })

  it('waits as long as Slack asks, and is edited with what is true then', async () => {
    const job = await jobIn(rig.store, 'syncing')
    await seen(`Sync #1 of ${job.name} is comparing`)
    rig.workspace.fail('chat.update', 1, { status: 429, retryAfter: 1 })
    const from = rig.workspace.calls.length
    await end(job)
    await seen(`Sync #1 of ${job.name} has ended`)

    const edits = rig.workspace.calls.slice(from).filter(({ method }) => method === 'chat.update')
    expect(edits[0]?.answer).toBe('429')
    expect((edits[1]?.at ?? 0) - (edits[0]?.at ?? 0)).toBeGreaterThanOrEqual(990)
  })
})

describe('a request for approval', () => {
  const ask = async (job: Job): Promise<Shown> => {
    const asked = await rig.told(() => rig.person('operator').types(`complete ${job.name}`))
    await rig.person('operator').presses(asked, 'Yes', { own: true })
    return seen(`operator asks to complete ${job.name}`)
  }
  const statusOf = async (job: Job) => (await rig.store.approvals.open(job.id)).map(({ status }) => status)

  it('is a card with the evidence and buttons that carry nothing but references', async () => {
    const card = await ask(await jobIn(rig.store, 'waiting'))

    expect(wordsOf(card)).toContain('*Last sync*')
    expect(wordsOf(card)).toContain('*Expires*')
    expect(labelsOf(card)).toEqual(['Approve', 'Deny…'])
    expect(JSON.stringify(card.blocks)).not.toMatch(/"value":"(approve|deny)/)
  })

  it('is brought to those who may decide by direct message too, and not to the one who asked', async () => {
    const from = rig.workspace.calls.length
    const job = await jobIn(rig.store, 'waiting')
    await ask(job)
    await eventually('the cards', async () => {
      const cards = rig.workspace.calls
        .slice(from)
        .filter(
          (call) => call.method === 'chat.postMessage' && wordsOf(call.args).includes('asks to complete'),
        )
      return cards.length >= 3
    })
    const met = rig.workspace.calls
      .filter(({ method }) => method === 'conversations.open')
      .map(({ args }) => args['users'])

    expect(met.sort()).toEqual([rig.workspace.userId('approver'), rig.workspace.userId('admin')].sort())
  })

  it('is refused at the click to whoever may not decide', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const card = await ask(job)

    const viewer = await rig.told(() => rig.person('viewer').presses(card, 'Approve'))
    expect(wordsOf(viewer)).toContain('viewer is viewer')
    const stranger = await rig.told(() => rig.person('stranger').presses(card, 'Approve'))
    expect(wordsOf(stranger)).toContain('Ferry does not know you')
    expect(await statusOf(job)).toEqual(['open'])
  })

  it('is refused at the click to an approver who asked for it', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const asked = await rig.told(() => rig.person('approver').types(`complete ${job.name}`))
    await rig.person('approver').presses(asked, 'Yes', { own: true })
    const card = await seen(`approver asks to complete ${job.name}`)

    const own = await rig.told(() => rig.person('approver').presses(card, 'Approve'))
    expect(wordsOf(own)).toContain('you asked for it yourself')
    expect(await statusOf(job)).toEqual(['open'])
  })

  it('happens once when it is approved, however often that is clicked, and says who decided', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const card = await ask(job)
    await Promise.all([1, 2, 3].map(() => rig.person('approver').presses(card, 'Approve')))

    await eventually(
      'the completion',
      async () => (await rig.store.jobs.byId(job.id))?.state === 'completing',
    )
    const over = await seen(`operator asks to complete ${job.name}: approved by approver, and begun`)
    expect(over['ts']).toBe(card['ts'])
    expect(labelsOf(over)).toEqual([])
  })

  it('is denied with a reason that a form asks for, and says who denied it and why', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const card = await ask(job)
    const from = rig.workspace.calls.length
    await rig.person('approver').presses(card, 'Deny')
    const { args } = await rig.next('views.update', from)
    const form = { ...(args['view'] as object), id: args['view_id'] } as Shown
    const { text } = await rig.person('approver').sends(form, { reason: '' })
    expect(JSON.parse(text)).toMatchObject({ response_action: 'errors' })
    await rig.person('approver').sends(form, { reason: 'not before the backup' })

    const over = await seen(`denied by approver`)
    expect(wordsOf(over)).toContain('*Reason*: not before the backup')
    expect((await rig.store.jobs.byId(job.id))?.state).toBe('waiting')
  })

  it('shows that it is void as soon as its job has changed, and its buttons are gone', async () => {
    const job = await jobIn(rig.store, 'waiting')
    const card = await ask(job)
    await rig.person('admin').types(`pause ${job.name}`)

    const over = await seen(`operator asks to complete ${job.name}: void`)
    expect(over['ts']).toBe(card['ts'])
    const told = await rig.told(() => rig.person('approver').presses(card, 'Approve'))
    expect(wordsOf(told)).toContain('the job has changed')
  })
})

describe('a notice', () => {
  const tell = (title: string) =>
    rig.store.outbox.add({ severity: 'warning', title, facts: { Cost: '0.31 CNY an hour' } })

  it('is told where the policy sends it, in order', async () => {
    await tell('the first of two notices')
    await tell('the second of two notices')

    const second = await seen('the second of two notices')
    expect(wordsOf(second)).toContain('*Cost*: 0.31 CNY an hour')
    const [first] = await about('the first of two notices')
    expect(Number(first?.['ts'])).toBeLessThan(Number(second['ts']))
  })

  it('is told once though the answer of Slack was lost', async () => {
    rig.workspace.fail('chat.postMessage', 1, { lost: true })
    const from = rig.workspace.calls.length
    await tell('a notice whose answer is lost')
    await seen('a notice whose answer is lost')
    await rig.next('conversations.history', from)

    await tell('the notice after it')
    await seen('the notice after it')
    expect(await about('a notice whose answer is lost')).toHaveLength(1)
  })
})
